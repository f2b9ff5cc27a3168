import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT, typeErrors, typescriptIn } from '../support/snippets';

const FIXTURE = `# Title

\`\`\`ts
import { ModelSource } from 'graviton-tensorflow';
const model: ModelSource = ModelSource.fromBucketName('models', 'resnet');
\`\`\`

\`\`\`sh
npm test
\`\`\`

1. In a list:

   \`\`\`typescript
   import { TensorFlowServer } from 'graviton-tensorflow';
   export class Server extends TensorFlowServer {}
   \`\`\`

> ~~~TS
> export const quoted = 1;
> ~~~

\`\`\`\`md
\`\`\`ts
this is no code
\`\`\`
\`\`\`\`

\`\`\`
plain
\`\`\`
`;

const WRONG = `\`\`\`ts
import { ModelSource, NoSuchThing } from 'graviton-tensorflow';
const model = ModelSource.fromBucketName('models');
\`\`\`

\`\`\`ts
const = ;
\`\`\`
`;

describe('the extractor', () => {
  test('finds TypeScript, and nothing else', () => {
    expect(typescriptIn(FIXTURE, 'fixture.md')).toEqual([
      { place: 'fixture.md:3', code: 'import { ModelSource } from \'graviton-tensorflow\';\nconst model: ModelSource = ModelSource.fromBucketName(\'models\', \'resnet\');' },
      { place: 'fixture.md:14', code: 'import { TensorFlowServer } from \'graviton-tensorflow\';\nexport class Server extends TensorFlowServer {}' },
      { place: 'fixture.md:19', code: 'export const quoted = 1;' },
    ]);
  });

  test('does not overlook a block that does not end', () => {
    expect(() => typescriptIn('```ts\nconst a = 1;\n', 'open.md')).toThrow('open.md:1: the code block does not end');
  });
});

test('the documents\' TypeScript compiles against the library, and a mistake in it would be found', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'userdata/README.md'].filter((name) => existsSync(path.join(ROOT, name)));
  const snippets = documents.flatMap((name) => typescriptIn(readFileSync(path.join(ROOT, name), 'utf8'), name));

  expect(snippets.map(({ place }) => place)).toContainEqual(expect.stringMatching(/^README\.md:/));
  expect(typeErrors([...snippets, ...typescriptIn(FIXTURE, 'fixture.md'), ...typescriptIn(WRONG, 'wrong.md')])).toEqual([
    expect.stringMatching(/^wrong\.md:1:1: .*no exported member 'NoSuchThing'/),
    expect.stringMatching(/^wrong\.md:1:2: Expected 2-3 arguments, but got 1/),
    expect.stringMatching(/^wrong\.md:6:1: Variable declaration expected/),
  ]);
}, 120_000);
