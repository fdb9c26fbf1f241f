package io.perfkit.db.page;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@RealPostgres
final class StreamingQueryIT extends StreamingQueryContract {
  private final TestDatabase database;

  StreamingQueryIT(TestDatabase database) {
    this.database = database;
  }

  @Override
  DataSource dataSource() {
    return database.dataSource();
  }

  @Override
  String numbers() {
    return "SELECT n FROM generate_series(1, ?::int) AS n";
  }

  @Test
  void readsFiveMillionRowsInAHeapOf64MegabytesWhichThePlainDriverCannot() throws Exception {
    assertThat(outputOf("stream")).isEqualTo("5000000 12500002500000");
    assertThat(outputOf("plain")).contains("OutOfMemoryError");
  }

  /** What {@link ReadManyRows} says in a JVM of its own with a small heap. */
  private String outputOf(String way) throws IOException, InterruptedException {
    String classPath =
        Stream.of(StreamingQuery.class, ReadManyRows.class, PGSimpleDataSource.class)
            .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
            .map(location -> new File(location.getPath()).getPath())
            .distinct()
            .collect(Collectors.joining(File.pathSeparator));
    Process jvm =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx64m",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    classPath,
                    ReadManyRows.class.getName(),
                    way,
                    database.jdbcUrl(),
                    database.user(),
                    database.password()))
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(jvm.waitFor(60, SECONDS)).isTrue();
      return output.strip();
    } finally {
      jvm.destroyForcibly();
    }
  }
}
