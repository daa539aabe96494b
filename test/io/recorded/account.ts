// Answers as ECS, EC2 and Cloud Map give them (API references of 2026), cut to one task, instance and service each; numbers are made up.

const account = '123456789012';
export const clusterArn = `arn:aws:ecs:us-east-1:${account}:cluster/prod`;
export const taskArn = (id: string): string => `arn:aws:ecs:us-east-1:${account}:task/prod/${id}`;

export const cluster = {
  clusterArn,
  clusterName: 'prod',
  status: 'ACTIVE',
  registeredContainerInstancesCount: 1,
  runningTasksCount: 2,
  tags: [{ key: 'team', value: 'platform' }],
};

export const service = {
  serviceArn: `arn:aws:ecs:us-east-1:${account}:service/prod/shop`,
  serviceName: 'shop',
  clusterArn,
  status: 'ACTIVE',
  desiredCount: 2,
  tags: [{ key: 'sluice', value: 'scrape' }],
};

/** Of Fargate: a network interface of its own. */
export const fargateTask = (id: string, ip: string, more: object = {}, eni = 'eni-0123456789abcdef0') => ({
  attachments: [
    {
      id: 'a1b2c3d4-5678-90ab-cdef-11111EXAMPLE',
      type: 'ElasticNetworkInterface',
      status: 'ATTACHED',
      details: [
        { name: 'subnetId', value: 'subnet-0123456789abcdef0' },
        { name: 'networkInterfaceId', value: eni },
        { name: 'macAddress', value: '0e:89:76:28:07:b3' },
        { name: 'privateDnsName', value: `ip-${ip.replaceAll('.', '-')}.ec2.internal` },
        { name: 'privateIPv4Address', value: ip },
      ],
    },
  ],
  attributes: [{ name: 'ecs.cpu-architecture', value: 'arm64' }],
  availabilityZone: 'us-east-1b',
  clusterArn,
  connectivity: 'CONNECTED',
  containers: [
    {
      containerArn: `arn:aws:ecs:us-east-1:${account}:container/prod/${id}/9d1a`,
      taskArn: taskArn(id),
      name: 'app',
      image: 'shop:1',
      lastStatus: 'RUNNING',
      networkBindings: [],
      networkInterfaces: [{ attachmentId: 'a1b2c3d4-5678-90ab-cdef-11111EXAMPLE', privateIpv4Address: ip }],
      healthStatus: 'HEALTHY',
    },
  ],
  createdAt: 1_764_000_000.123,
  desiredStatus: 'RUNNING',
  group: 'service:shop',
  healthStatus: 'HEALTHY',
  lastStatus: 'RUNNING',
  launchType: 'FARGATE',
  platformFamily: 'Linux',
  platformVersion: '1.4.0',
  startedAt: 1_764_000_030.5,
  tags: [{ key: 'stage', value: 'blue' }],
  taskArn: taskArn(id),
  taskDefinitionArn: `arn:aws:ecs:us-east-1:${account}:task-definition/shop:7`,
  version: 4,
  ...more,
});

export const containerInstanceArn = `arn:aws:ecs:us-east-1:${account}:container-instance/prod/c0ffee`;

/** On an instance, in bridge mode: ports of the instance lead to it. */
export const bridgedTask = (id: string) =>
  fargateTask(id, '0.0.0.0', {
    attachments: [],
    launchType: 'EC2',
    platformFamily: undefined,
    platformVersion: undefined,
    containerInstanceArn,
    group: 'family:batch',
    tags: [],
    containers: [
      {
        name: 'app',
        lastStatus: 'RUNNING',
        networkBindings: [{ bindIP: '0.0.0.0', containerPort: 9102, hostPort: 32_785, protocol: 'tcp' }],
        networkInterfaces: [],
      },
    ],
  });

export const containerInstances = {
  containerInstances: [{ containerInstanceArn, ec2InstanceId: 'i-0598c7d356eba48d7', status: 'ACTIVE' }],
  failures: [],
};

export const instanceXml = (id: string, ip: string, next = '') => `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>8f7724cf-496f-496e-8fe3-example</requestId>
    <reservationSet>
        <item>
            <reservationId>r-1234567890abcdef0</reservationId>
            <ownerId>${account}</ownerId>
            <groupSet/>
            <instancesSet>
                <item>
                    <instanceId>${id}</instanceId>
                    <imageId>ami-bff32ccc</imageId>
                    <instanceState>
                        <code>16</code>
                        <name>running</name>
                    </instanceState>
                    <privateDnsName>ip-10-0-0-9.ec2.internal</privateDnsName>
                    <dnsName>ec2-54-194-252-215.compute-1.amazonaws.com</dnsName>
                    <reason/>
                    <instanceType>t4g.micro</instanceType>
                    <launchTime>2026-11-20T10:11:12.000Z</launchTime>
                    <placement>
                        <availabilityZone>us-east-1c</availabilityZone>
                        <tenancy>default</tenancy>
                    </placement>
                    <subnetId>subnet-56f5f633</subnetId>
                    <vpcId>vpc-11112222</vpcId>
                    <privateIpAddress>${ip}</privateIpAddress>
                    <ipAddress>54.194.252.215</ipAddress>
                    <architecture>arm64</architecture>
                    <tagSet>
                        <item><key>Name</key><value>Fish &amp; Chips &#x1F41F;</value></item>
                        <item><key>sluice</key><value>scrape</value></item>
                        <item><key>k8s.io/port</key><value>9100</value></item>
                        <item><key>empty</key><value/></item>
                    </tagSet>
                    <networkInterfaceSet>
                        <item>
                            <networkInterfaceId>eni-551ba033</networkInterfaceId>
                            <subnetId>subnet-56f5f633</subnetId>
                            <ipv6AddressesSet>
                                <item><ipv6Address>2001:db8:1234:1a2b::123</ipv6Address></item>
                            </ipv6AddressesSet>
                            <tagSet/>
                        </item>
                        <item>
                            <networkInterfaceId>eni-551ba034</networkInterfaceId>
                            <subnetId>subnet-77777777</subnetId>
                            <ipv6AddressesSet/>
                        </item>
                    </networkInterfaceSet>
                    <cpuOptions><coreCount>1</coreCount></cpuOptions>
                </item>
            </instancesSet>
        </item>
    </reservationSet>
    ${next === '' ? '' : `<nextToken>${next}</nextToken>`}
</DescribeInstancesResponse>`;

/** As EC2 answers of a task's network interface; without a public address where none is given. */
export const interfacesXml = (...interfaces: readonly { readonly id: string; readonly publicIp?: string }[]) => {
  const items = interfaces.map(
    ({ id, publicIp }) => `
        <item>
            <networkInterfaceId>${id}</networkInterfaceId>
            <subnetId>subnet-0123456789abcdef0</subnetId>
            <status>in-use</status>
            <privateIpAddress>10.0.3.7</privateIpAddress>
            ${
              publicIp === undefined
                ? ''
                : `<association><ipOwnerId>amazon</ipOwnerId><publicDnsName>ec2-x.compute-1.amazonaws.com</publicDnsName><publicIp>${publicIp}</publicIp></association>`
            }
            <interfaceType>interface</interfaceType>
        </item>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<DescribeNetworkInterfacesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>fc45294c-006b-457b-bab9-example</requestId>
    <networkInterfaceSet>${items.join('')}
    </networkInterfaceSet>
</DescribeNetworkInterfacesResponse>`;
};

export const throttledXml = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>ea966190</RequestID></Response>`;

export const deniedXml = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>f12</RequestID></Response>`;

export const cloudMapService = {
  Id: 'srv-e4anhexample0004',
  Arn: `arn:aws:servicediscovery:us-east-1:${account}:service/srv-e4anhexample0004`,
  Name: 'orders',
  Type: 'DNS_HTTP',
  InstanceCount: 1,
  CreateDate: 1_587_081_768.334,
};

export const cloudMapInstance = {
  Id: 'i-abcd1234',
  Attributes: {
    AWS_INSTANCE_IPV4: '10.0.7.8',
    AWS_INSTANCE_PORT: '8080',
    AWS_INIT_HEALTH_STATUS: 'HEALTHY',
    color: 'red',
  },
};

/** Events as they come from EventBridge's default bus. */
export const taskEvent = (id: string, lastStatus: string, desiredStatus: string, time: string) => ({
  version: '0',
  id: '3317b2af-7005-947d-b652-f55e762e571a',
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  account,
  time,
  region: 'us-east-1',
  resources: [taskArn(id)],
  detail: {
    ...fargateTask(id, '10.0.3.7'),
    tags: undefined,
    lastStatus,
    desiredStatus,
  },
});

export const instanceEvent = (id: string, state: string, time: string) => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account,
  time,
  region: 'us-east-1',
  resources: [`arn:aws:ec2:us-east-1:${account}:instance/${id}`],
  detail: { 'instance-id': id, state },
});
