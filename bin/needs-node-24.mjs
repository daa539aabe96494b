// Says plainly which Node is needed, in a language that an old Node still understands.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `sluice needs Node 24 or newer and found ${process.versions.node} at ${process.execPath}: ` +
      'install Node 24 (on Linux x64 `npm ci` brings it by itself unless optional dependencies are left out)',
  );
  process.exit(1);
}
