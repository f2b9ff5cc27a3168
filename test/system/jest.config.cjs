// Boots instances: needs root, Docker and a Debian mirror, takes minutes, and only one at a time can have the machine.
const path = require('node:path');
const unit = require('../../jest.config.cjs');

module.exports = { ...unit, rootDir: path.join(__dirname, '../..'), roots: ['<rootDir>/test/system'], testPathIgnorePatterns: [], maxWorkers: 1, bail: 1 };
