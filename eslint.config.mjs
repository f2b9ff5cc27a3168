import awscdk from 'eslint-plugin-awscdk';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'cdk.out/', '.cache/', '.venv/', '**/fixtures/', '**/*.d.ts', 'lib/**/*.js'] },
  ...tseslint.configs.recommended,
  {
    // The rules for CDK code are the house's principles: read-only flat props, children in `this`, no Stack in props.
    files: ['lib/**/*.ts', 'bin/app.ts'],
    extends: [awscdk.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  },
  {
    // Templates are JSON of any shape.
    files: ['test/**'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    // bind() and the parts of a server build in the construct they are given; classes are still checked.
    files: ['lib/serving/**', 'lib/stacks/vpc-source.ts', 'lib/userdata/scripts-asset.ts', 'lib/compute/server-*.ts'],
    rules: { 'awscdk/require-passing-this': 'off' },
  },
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
);
