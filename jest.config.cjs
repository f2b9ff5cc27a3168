// Template tests: swc strips the types, `tsc --noEmit` checks them apart (ts-jest takes minutes).
process.env.CDK_VALIDATION ??= 'false';
// The SDK's advice to its developers, once for each process.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** Libraries that ship only ES modules; swc turns them into what jest loads. */
const esModules = ['execa', 'listr2', 'markdown-table'];

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.(t|j|mj)s$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }] },
  transformIgnorePatterns: esModules.length ? [`/node_modules/(?!(${esModules.join('|')})/)`] : [],
  testPathIgnorePatterns: ['/node_modules/', '/fixtures/', '<rootDir>/test/system/'],
};
