package io.perfkit.examples.marketplace;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;

/**
 * The JVM of the host application, and nothing else in it. Its settings come from the environment
 * ({@link HostSettings}); it then talks in lines, and ends when its input does, so that it can't
 * outlive the JVM that started it:
 *
 * <pre>
 * out  ready http://127.0.0.1:41231
 * in   figures                       out  one line of JSON: {@link Figures}
 * in   collect                       out  the same, after a garbage collection
 * in   database                      out  one line of JSON: {@link DatabaseReport}
 * </pre>
 */
public final class HostApplication {
  private HostApplication() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    try (HostServer host = HostSettings.fromEnvironment(System.getenv()).start()) {
      out.println("ready " + host.uri());
      serve(host, in, out);
    }
  }

  private static void serve(HostServer host, BufferedReader in, PrintStream out)
      throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("collect")) {
        System.gc();
      }
      Object answer = line.equals("database") ? host.databaseReport() : host.figures();
      out.println(new String(Json.write(answer), UTF_8));
    }
  }
}
