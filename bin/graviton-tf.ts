#!/usr/bin/env node
import { run } from '../cli/program';

void run(process.argv).then((code) => { process.exitCode = code; });
