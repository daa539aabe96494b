import { planOf } from './plan.ts';
import { simulate } from './simulate.ts';
const n=Number(process.argv[2]??10), from=Number(process.argv[3]??1);
const t=performance.now();
let f=0,d=0,o=0,found=0,cov=0,bad=0; const kinds={} as Record<string,number>; let ca=0, al=0;
for(let s=from;s<from+n;s++){const r=await simulate(planOf(s));f+=r.faults;d+=r.deaths;o+=r.outages;found+=r.found;cov+=r.covered;ca+=r.collectorAlarms;al+=r.alarms;
 for(const [k,c] of Object.entries(r.kinds)) kinds[k]=(kinds[k]??0)+c;
 if(r.breaches.length){bad++; if(bad<12)console.log(s,r.breaches.slice(0,4).map(b=>b.what))}}
console.log({ms:(performance.now()-t)/n,f:f/n,d:d/n,o:o/n,found,cov,bad,ca,al,kinds});
