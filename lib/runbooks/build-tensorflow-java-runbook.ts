import * as path from 'node:path';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { BuildRunbook, type BuildRunbookOptions } from './build-runbook';
import { checkObjectKey, grantReadObjects } from './read-objects';
import { BUILD_JAVA } from './runbook-names';
import { packageRoot } from '../package-root';

/**
 * Where in S3 the SavedModel is that the JAR is tested with.
 */
export interface JavaTestModel {
  /** The bucket. */
  readonly bucket: s3.IBucket;

  /** The prefix of its objects, with a slash at its end: below it are `saved_model.pb` and `variables/`. */
  readonly objectKey: string;
}

/**
 * Properties of the runbook that brings TensorFlow Java.
 */
export interface BuildTensorFlowJavaRunbookProps extends BuildRunbookOptions {
  /**
   * Where the git repository tensorflow/java is: the URL before this name. What is checked out is the commit of the
   * release's tag, whose hash is known; who runs the runbook can choose neither.
   *
   * @default 'https://github.com'
   */
  readonly sources?: string;

  /**
   * Where Maven gets everything from, JARs and its own plugins: the URL of Maven Central or of a mirror. Who runs the
   * runbook cannot choose another, since plugins are run as root.
   *
   * @default 'https://repo.maven.apache.org/maven2'
   */
  readonly mavenRepository?: string;

  /**
   * A SavedModel of yours for the test, whose inputs and outputs are numbers. `grants.runOn()` lets instances read it.
   *
   * @default - the demo model, basic-pitch's, from the pip index, whose checksum is known
   */
  readonly model?: JavaTestModel;
}

/**
 * The runbook that brings TensorFlow Java for linux-arm64: the published JARs, or, where it is asked to, ones that it
 * builds by the guide's procedure. They are uploaded as a Maven repository once a Java program has been answered by
 * them as TensorFlow for Python answers. `graviton-tf build java` finds it by its tags, runs it and reads the report.
 *
 * It needs Python 3.10 to 3.12 on the instance, or leave to install it, and leave to install Maven and a JDK; the agent
 * must be 3.3.2746.0 or later.
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md#building-tensorflow-java-binaries-jar
 */
export class BuildTensorFlowJavaRunbook extends BuildRunbook {
  private readonly model?: JavaTestModel;

  /**
   * @throws when the retention is not whole days, or given for a bucket of yours; when a URL is none; when the model's
   * key cannot be one that the instance passes on, or is no prefix
   */
  constructor(scope: Construct, id: string, props?: BuildTensorFlowJavaRunbookProps) {
    const { sources, mavenRepository, model, ...options } = props ?? {};
    checkPrefix(model?.objectKey);
    super(scope, id, {
      ...options,
      name: BUILD_JAVA,
      folder: path.join(packageRoot(), 'runbooks', 'build-java'),
      // All of these become programs that run as root; a graph can write files, too.
      fixed: ['Sources', 'MavenRepository', 'Model'],
      defaults: {
        ...(sources === undefined ? {} : { Sources: sources }),
        ...(mavenRepository === undefined ? {} : { MavenRepository: mavenRepository }),
      },
      deployedDefaults: model && { Model: model.bucket.s3UrlForObject(model.objectKey) },
    });
    this.model = model;
  }

  /** @internal */
  public override _grantRunOn(grantee: iam.IGrantable): iam.Grant {
    const artifacts = super._grantRunOn(grantee);
    return this.model === undefined ? artifacts : artifacts.combine(grantReadObjects(grantee, this.model, 'A SavedModel is many objects below its prefix'));
  }
}

function checkPrefix(key: string | undefined): void {
  checkObjectKey('model.objectKey', key);
  if (key !== undefined && !key.endsWith('/')) {
    throw new Error(`model.objectKey: got "${key}"; allowed is a prefix, with "/" at its end.`);
  }
}
