import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Place, type Program, pathOf, runAs } from './programs.ts';

// What Debian 12 has of exporters, and the services they look at. No service is given the network: all listen on loopback.

const at = (port: number): string => `127.0.0.1:${port}`;

const writeTo = (folder: string, name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o644 });
  return file;
};

const metrics = { path: '/metrics' };

/** An exporter whose only setting is where it listens. */
const plain = (
  name: string,
  program: string,
  flag = '--web.listen-address',
  more: readonly string[] = [],
): Program => ({
  name,
  program,
  args: ({ port }) => [`${flag}=${at(port)}`, ...more],
  page: metrics,
});

const services: readonly Program[] = [
  {
    name: 'redis',
    program: 'redis-server',
    args: ({ port, folder }) => ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', ''],
  },
  {
    name: 'postgres',
    program: 'postgres',
    user: 'postgres',
    prepare: ({ folder }) => runAs('postgres', pathOf('initdb')!, ['-D', join(folder, 'data'), '-A', 'trust']),
    args: ({ port, folder }) => ['-D', join(folder, 'data'), '-h', '127.0.0.1', '-p', `${port}`, '-k', folder],
  },
  {
    name: 'pgbouncer',
    program: 'pgbouncer',
    user: 'postgres',
    needs: ['postgres'],
    prepare: ({ port, folder, portOf }) => {
      writeTo(folder, 'users.txt', '"postgres" ""\n');
      writeTo(
        folder,
        'pgbouncer.ini',
        `[databases]\npostgres = host=127.0.0.1 port=${portOf('postgres')}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n` +
          `listen_port = ${port}\nauth_type = trust\nauth_file = ${folder}/users.txt\nadmin_users = postgres\n` +
          'stats_users = postgres\nunix_socket_dir =\nignore_startup_parameters = extra_float_digits\n',
      );
    },
    args: ({ folder }) => [join(folder, 'pgbouncer.ini')],
  },
  {
    name: 'mariadb',
    program: 'mariadbd',
    user: 'mysql',
    prepare: ({ folder }) =>
      runAs('mysql', 'mariadb-install-db', [
        '--no-defaults',
        `--datadir=${folder}/data`,
        '--auth-root-authentication-method=normal',
      ]),
    args: ({ port, folder }) => [
      '--no-defaults',
      `--datadir=${folder}/data`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
    ],
  },
  {
    name: 'nginx',
    program: 'nginx',
    prepare: ({ port, folder }) => {
      writeTo(
        folder,
        'nginx.conf',
        `daemon off;\npid ${folder}/pid;\nerror_log ${folder}/error.log;\nevents {}\nhttp {\naccess_log off;\nserver {\nlisten ${at(port)};\n` +
          'location /stub_status { stub_status; }\n}\n}\n',
      );
    },
    args: ({ folder }) => ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')],
  },
  {
    name: 'apache',
    program: 'apache2',
    prepare: ({ port, folder }) => {
      const modules = ['mpm_event', 'authz_core', 'authz_host', 'status'].map(
        name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`,
      );
      writeTo(
        folder,
        'apache.conf',
        `ServerRoot ${folder}\nServerName localhost\nListen ${at(port)}\nPidFile ${folder}/pid\nErrorLog ${folder}/error.log\n` +
          `DefaultRuntimeDir ${folder}\nUser www-data\nGroup www-data\n${modules.join('')}ExtendedStatus On\n` +
          '<Location /server-status>\nSetHandler server-status\nRequire local\n</Location>\n',
      );
    },
    args: ({ folder }) => ['-DFOREGROUND', '-f', join(folder, 'apache.conf')],
  },
  {
    name: 'bind',
    program: 'named',
    prepare: ({ port, folder }) => {
      writeTo(
        folder,
        'named.conf',
        `options { directory "${folder}"; listen-on port 0 { none; }; listen-on-v6 { none; }; recursion no; pid-file "${folder}/pid"; session-keyfile "${folder}/key"; };\n` +
          `controls { };\nstatistics-channels { inet 127.0.0.1 port ${port} allow { 127.0.0.1; }; };\n`,
      );
    },
    args: ({ folder }) => ['-f', '-c', join(folder, 'named.conf')],
  },
  {
    name: 'varnish',
    program: 'varnishd',
    prepare: ({ folder }) => void writeTo(folder, 'default.vcl', 'vcl 4.1;\nbackend default none;\n'),
    args: ({ port, folder }) => [
      '-F',
      '-j',
      'none',
      '-a',
      at(port),
      '-f',
      join(folder, 'default.vcl'),
      '-n',
      join(folder, 'work'),
      '-s',
      'malloc,16m',
    ],
  },
  {
    name: 'squid',
    program: 'squid',
    user: 'proxy',
    prepare: ({ port, folder }) => {
      writeTo(
        folder,
        'squid.conf',
        `http_port ${at(port)}\nacl localhost src 127.0.0.1\nhttp_access allow localhost\nhttp_access allow localhost manager\nhttp_access deny all\n` +
          `pid_filename ${folder}/pid\ncache_log ${folder}/cache.log\naccess_log none\ncoredump_dir ${folder}\ncache_mem 8 MB\n` +
          `visible_hostname localhost\nlogfile_rotate 0\nnetdb_filename none\npinger_enable off\n`,
      );
    },
    args: ({ folder }) => ['-N', '-f', join(folder, 'squid.conf')],
  },
  {
    name: 'snmpd',
    program: 'snmpd',
    silent: true,
    prepare: ({ folder }) => void writeTo(folder, 'snmpd.conf', 'rocommunity public 127.0.0.1\n'),
    args: ({ port, folder }) => [
      '-f',
      '-Lo',
      '-C',
      '-c',
      join(folder, 'snmpd.conf'),
      '-p',
      join(folder, 'pid'),
      `udp:127.0.0.1:${port}`,
    ],
  },
];

const haproxyText = (port: number, folder: string): string =>
  `global\n  stats socket ${folder}/socket\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n` +
  `frontend own\n  bind ${at(port)}\n  http-request use-service prometheus-exporter if { path /metrics }\n  stats enable\n  stats uri /stats\n`;

const exporters: readonly Program[] = [
  plain('node', 'prometheus-node-exporter'),
  plain('process', 'prometheus-process-exporter', '-web.listen-address', [
    '-procnames',
    'node,postgres,redis-server,nginx',
  ]),
  plain('pushgateway', 'prometheus-pushgateway'),
  plain('exporter_exporter', 'prometheus-exporter-exporter', '-web.listen-address', [
    '-config.skip-dirs',
    '-config.file=/dev/null',
  ]),
  plain('elasticsearch', 'prometheus-elasticsearch-exporter', '--web.listen-address', ['--es.uri=http://127.0.0.1:1']),
  {
    ...plain('alertmanager', 'prometheus-alertmanager'),
    prepare: ({ folder }) => void writeTo(folder, 'am.yml', 'route: {receiver: none}\nreceivers: [{name: none}]\n'),
    args: ({ port, folder }) => [
      `--web.listen-address=${at(port)}`,
      `--config.file=${folder}/am.yml`,
      `--storage.path=${folder}/data`,
      '--cluster.listen-address=',
    ],
  },
  {
    ...plain('prometheus', 'prometheus'),
    prepare: ({ folder, port }) =>
      void writeTo(
        folder,
        'prometheus.yml',
        `scrape_configs: [{job_name: own, static_configs: [{targets: ['${at(port)}']}]}]\n`,
      ),
    args: ({ port, folder }) => [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${at(port)}`,
    ],
  },
  {
    ...plain('victoria_metrics', 'victoria-metrics'),
    args: ({ port, folder }) => [`-httpListenAddr=${at(port)}`, `-storageDataPath=${folder}/data`],
  },
  {
    name: 'haproxy',
    program: 'haproxy',
    prepare: ({ port, folder }) => void writeTo(folder, 'haproxy.cfg', haproxyText(port, folder)),
    args: ({ folder }) => ['-db', '-f', join(folder, 'haproxy.cfg')],
    page: metrics,
  },
  {
    ...plain('haproxy_exporter', 'prometheus-haproxy-exporter'),
    needs: ['haproxy'],
    args: ({ port, portOf }) => [
      `--web.listen-address=${at(port)}`,
      `--haproxy.scrape-uri=http://${at(portOf('haproxy'))}/stats;csv`,
    ],
  },
  {
    ...plain('redis_exporter', 'prometheus-redis-exporter'),
    needs: ['redis'],
    args: ({ port, portOf }) => [`-web.listen-address=${at(port)}`, `-redis.addr=redis://${at(portOf('redis'))}`],
  },
  {
    ...plain('postgres_exporter', 'prometheus-postgres-exporter'),
    needs: ['postgres'],
    env: ({ portOf }) => ({
      DATA_SOURCE_NAME: `postgresql://postgres@${at(portOf('postgres'))}/postgres?sslmode=disable`,
    }),
  },
  {
    ...plain('pgbouncer_exporter', 'prometheus-pgbouncer-exporter'),
    needs: ['pgbouncer'],
    args: () => [],
    env: ({ port, portOf }) => ({
      PGBOUNCER_EXPORTER_HOST: '127.0.0.1',
      PGBOUNCER_EXPORTER_PORT: `${port}`,
      PGBOUNCER_HOST: '127.0.0.1',
      PGBOUNCER_PORT: `${portOf('pgbouncer')}`,
      PGBOUNCER_USER: 'postgres',
      PGBOUNCER_PASS: 'none',
    }),
  },
  {
    ...plain('mysqld_exporter', 'prometheus-mysqld-exporter'),
    needs: ['mariadb'],
    env: ({ portOf }) => ({ DATA_SOURCE_NAME: `root@(${at(portOf('mariadb'))})/` }),
  },
  {
    ...plain('nginx_exporter', 'prometheus-nginx-exporter'),
    needs: ['nginx'],
    args: ({ port, portOf }) => [
      `-web.listen-address=${at(port)}`,
      `-nginx.scrape-uri=http://${at(portOf('nginx'))}/stub_status`,
    ],
  },
  {
    ...plain('apache_exporter', 'prometheus-apache-exporter'),
    needs: ['apache'],
    args: ({ port, portOf }) => [
      `--telemetry.address=${at(port)}`,
      `--scrape_uri=http://${at(portOf('apache'))}/server-status/?auto`,
    ],
  },
  {
    ...plain('bind_exporter', 'prometheus-bind-exporter'),
    needs: ['bind'],
    args: ({ port, portOf }) => [`--web.listen-address=${at(port)}`, `--bind.stats-url=http://${at(portOf('bind'))}/`],
  },
  {
    ...plain('varnish_exporter', 'prometheus-varnish-exporter'),
    needs: ['varnish'],
    args: ({ port, folder }) => [`-web.listen-address=${at(port)}`, '-n', join(folder, '../varnish/work')],
  },
  {
    ...plain('squid_exporter', 'prometheus-squid-exporter'),
    needs: ['squid'],
    args: ({ port, portOf }) => [`-listen=${at(port)}`, '-squid-hostname=127.0.0.1', `-squid-port=${portOf('squid')}`],
  },
  {
    name: 'snmp_exporter',
    program: 'prometheus-snmp-exporter',
    needs: ['snmpd'],
    prepare: ({ folder }) =>
      void writeTo(
        folder,
        'snmp.yml',
        'system:\n  walk: [1.3.6.1.2.1.1.3]\n  metrics:\n  - name: sysUpTime\n    oid: 1.3.6.1.2.1.1.3\n    type: gauge\n' +
          '    help: since when\n',
      ),
    args: ({ port, folder }) => [`--web.listen-address=${at(port)}`, `--config.file=${folder}/snmp.yml`],
    page: { path: '/snmp', params: ({ portOf }) => ({ module: 'system', target: at(portOf('snmpd')) }) },
  },
  {
    name: 'sql_exporter',
    program: 'prometheus-sql-exporter',
    needs: ['postgres'],
    prepare: ({ folder, portOf }) =>
      void writeTo(
        folder,
        'sql.yml',
        `jobs:\n- name: own\n  interval: '30s'\n  connections: ['postgres://postgres@${at(portOf('postgres'))}/postgres?sslmode=disable']\n` +
          '  queries:\n  - name: backends\n    help: connections\n    labels: [datname]\n    values: [count]\n    query: "SELECT coalesce(datname, \'none\')::text AS datname, count(*)::float AS count FROM pg_stat_activity GROUP BY datname"\n',
      ),
    args: ({ port, folder }) => [`-web.listen-address=${at(port)}`, `-config.file=${folder}/sql.yml`],
    page: metrics,
  },
  {
    name: 'blackbox',
    program: 'prometheus-blackbox-exporter',
    prepare: ({ folder }) => void writeTo(folder, 'blackbox.yml', 'modules: {http_2xx: {prober: http, timeout: 5s}}\n'),
    args: ({ port, folder }) => [`--web.listen-address=${at(port)}`, `--config.file=${folder}/blackbox.yml`],
    // Itself: what it looks at is always there.
    page: {
      path: '/probe',
      params: ({ port }: Place) => ({ module: 'http_2xx', target: `http://${at(port)}/metrics` }),
    },
  },
];

/** Services before those that look at them. */
export const fleet: readonly Program[] = [...services, ...exporters];

/** Stopped for a third of the time on purpose: it proves that a real `up 0` would be seen. */
export const control: Program = plain('control', 'prometheus-node-exporter');
