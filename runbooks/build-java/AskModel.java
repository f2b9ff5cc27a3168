import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/**
 * Asks a SavedModel one question by TensorFlow Java: {@code AskModel MODEL FOLDER}.
 *
 * <p>FOLDER/question has a line for each tensor, its cells parted by tabs: {@code feed TENSOR DTYPE SIZES FILE}, where
 * FILE holds the values as they are in memory, or {@code fetch TENSOR FILE}, which is written in the same way.
 * FOLDER/answer gets {@code FILE DTYPE SIZES} of each; FOLDER/version the version of the native TensorFlow.
 */
public final class AskModel {
  private static final Map<String, Class<? extends TType>> TYPES =
      Map.of(
          "float16", TFloat16.class,
          "bfloat16", TBfloat16.class,
          "float32", TFloat32.class,
          "float64", TFloat64.class,
          "int32", TInt32.class,
          "int64", TInt64.class,
          "uint8", TUint8.class,
          "bool", TBool.class);

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    Files.writeString(folder.resolve("version"), TensorFlow.version());
    // As the Python that it is compared with, and as the guide advises.
    ConfigProto threads = ConfigProto.newBuilder().setInterOpParallelismThreads(1).build();
    try (SavedModelBundle model =
        SavedModelBundle.loader(arguments[0]).withTags("serve").withConfigProto(threads).load()) {
      ask(model.session(), folder);
    }
  }

  private static void ask(Session session, Path folder) throws IOException {
    Session.Runner runner = session.runner();
    List<Tensor> fed = new ArrayList<>();
    Map<String, String> fetched = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(folder.resolve("question"))) {
        String[] cells = line.split("\t", -1);
        if (cells[0].equals("feed")) {
          Tensor tensor = read(folder.resolve(cells[4]), cells[2], cells[3]);
          fed.add(tensor);
          runner.feed(cells[1], tensor);
        } else {
          runner.fetch(cells[1]);
          fetched.put(cells[2], cells[1]);
        }
      }
      try (Result result = runner.run()) {
        List<String> written = new ArrayList<>();
        int index = 0;
        for (String file : fetched.keySet()) {
          written.add(write(result.get(index++), folder, file));
        }
        Files.write(folder.resolve("answer"), written);
      }
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  private static Tensor read(Path file, String type, String sizes) throws IOException {
    long[] shape = sizes.isEmpty() ? new long[0] : Stream.of(sizes.split(",")).mapToLong(Long::parseLong).toArray();
    return Tensor.of(TYPES.get(type), Shape.of(shape), DataBuffers.of(Files.readAllBytes(file)));
  }

  private static String write(Tensor tensor, Path folder, String file) throws IOException {
    ByteDataBuffer data = tensor.asRawTensor().data();
    byte[] bytes = new byte[Math.toIntExact(data.size())];
    data.read(bytes);
    Files.write(folder.resolve(file), bytes);
    String type = tensor.dataType().name().substring("DT_".length()).toLowerCase(Locale.ROOT);
    String sizes =
        LongStream.of(tensor.shape().asArray()).mapToObj(Long::toString).collect(Collectors.joining(","));
    return String.join("\t", file, type, sizes);
  }

  private AskModel() {}
}
