// Boots instances: needs root, Docker and a Debian mirror, takes minutes, and only one at a time can have the machine.
import { join } from 'node:path';
import unit from '../../jest.config.cjs';

export default { ...unit, rootDir: join(import.meta.dirname, '../..'), roots: ['<rootDir>/test/system'], testPathIgnorePatterns: [], maxWorkers: 1, bail: 1 };
