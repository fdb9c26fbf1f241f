package io.perfkit.session.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.CharBuffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A response that saves the session before the container commits the response: before a redirect,
 * an error, a flush or close, the last byte of an announced length, and while its buffer fills.
 * Containers commit at different sizes, so it saves at each doubling of an eighth of the buffer,
 * and at each write beyond; a save without changes costs nothing.
 */
final class SessionResponse extends HttpServletResponseWrapper {
  private final RequestSession session;
  private @Nullable ServletOutputStream stream;
  private @Nullable PrintWriter writer;
  private long written;
  private long length = Long.MAX_VALUE;
  private long next;

  SessionResponse(HttpServletResponse response, RequestSession session) {
    super(response);
    this.session = session;
  }

  /** At most {@code bytes} follow. */
  private void beforeWrite(long bytes) {
    written += bytes;
    int buffer = getBufferSize();
    next = next == 0 ? buffer / 8 : next;
    if ((written >= next || written >= length) && !isCommitted()) {
      session.beforeCommit();
      next = next >= buffer ? next : 2 * next;
    }
  }

  /** More than a text takes in any encoding of the web, where it is not ASCII. */
  private static long bytes(CharSequence text) {
    long bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      bytes += text.charAt(i) < 0x80 ? 1 : 4;
    }
    return bytes;
  }

  @Override
  public void sendError(int status) throws IOException {
    session.beforeCommit();
    super.sendError(status);
  }

  @Override
  public void sendError(int status, String message) throws IOException {
    session.beforeCommit();
    super.sendError(status, message);
  }

  @Override
  public void sendRedirect(String location) throws IOException {
    session.beforeCommit();
    super.sendRedirect(location);
  }

  @Override
  public void sendRedirect(String location, boolean clearBuffer) throws IOException {
    session.beforeCommit();
    super.sendRedirect(location, clearBuffer);
  }

  @Override
  public void sendRedirect(String location, int status) throws IOException {
    session.beforeCommit();
    super.sendRedirect(location, status);
  }

  @Override
  public void sendRedirect(String location, int status, boolean clearBuffer) throws IOException {
    session.beforeCommit();
    super.sendRedirect(location, status, clearBuffer);
  }

  @Override
  public void flushBuffer() throws IOException {
    session.beforeCommit();
    super.flushBuffer();
  }

  /** No session's id goes into an address. */
  @Override
  public String encodeURL(String url) {
    return url;
  }

  @Override
  public String encodeRedirectURL(String url) {
    return url;
  }

  @Override
  public void setContentLength(int bytes) {
    announced(bytes);
    super.setContentLength(bytes);
  }

  @Override
  public void setContentLengthLong(long bytes) {
    announced(bytes);
    super.setContentLengthLong(bytes);
  }

  @Override
  public void setHeader(String name, @Nullable String value) {
    announced(name, value);
    super.setHeader(name, value);
  }

  @Override
  public void addHeader(String name, @Nullable String value) {
    announced(name, value);
    super.addHeader(name, value);
  }

  @Override
  public void setIntHeader(String name, int value) {
    announced(name, Integer.toString(value));
    super.setIntHeader(name, value);
  }

  @Override
  public void addIntHeader(String name, int value) {
    announced(name, Integer.toString(value));
    super.addIntHeader(name, value);
  }

  private void announced(String name, @Nullable String value) {
    if (value != null && name.toLowerCase(Locale.ROOT).equals("content-length")) {
      try {
        announced(Long.parseLong(value.strip()));
      } catch (NumberFormatException e) {
        length = Long.MAX_VALUE; // the container says what it thinks of it
      }
    }
  }

  private void announced(long bytes) {
    length = bytes < 0 ? Long.MAX_VALUE : bytes;
    if (written >= length) {
      session.beforeCommit();
    }
  }

  @Override
  public void resetBuffer() {
    super.resetBuffer();
    written = 0;
  }

  @Override
  public void reset() {
    super.reset();
    written = 0;
    length = Long.MAX_VALUE;
    stream = null;
    writer = null;
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    if (stream == null) {
      stream = new SavingStream(super.getOutputStream());
    }
    return stream;
  }

  @Override
  public PrintWriter getWriter() throws IOException {
    if (writer == null) {
      writer = new PrintWriter(new SavingWriter(super.getWriter()));
    }
    return writer;
  }

  private final class SavingStream extends ServletOutputStream {
    private final ServletOutputStream out;

    SavingStream(ServletOutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      beforeWrite(1);
      out.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      beforeWrite(count);
      out.write(bytes, offset, count);
    }

    @Override
    public void print(String text) throws IOException {
      beforeWrite(bytes(String.valueOf(text)));
      out.print(text);
    }

    @Override
    public void flush() throws IOException {
      session.beforeCommit();
      out.flush();
    }

    @Override
    public void close() throws IOException {
      session.beforeCommit();
      out.close();
    }

    @Override
    public boolean isReady() {
      return out.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      out.setWriteListener(listener);
    }
  }

  private final class SavingWriter extends Writer {
    private final PrintWriter out;

    SavingWriter(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void write(int value) {
      beforeWrite(value < 0x80 ? 1 : 4);
      out.write(value);
    }

    @Override
    public void write(char[] text, int offset, int count) {
      beforeWrite(bytes(CharBuffer.wrap(text, offset, count)));
      out.write(text, offset, count);
    }

    @Override
    public void write(String text, int offset, int count) {
      beforeWrite(bytes(text.substring(offset, offset + count)));
      out.write(text, offset, count);
    }

    @Override
    public void flush() throws IOException {
      session.beforeCommit();
      if (out.checkError()) { // which flushes
        throw new IOException("the client is gone");
      }
    }

    @Override
    public void close() {
      session.beforeCommit();
      out.close();
    }
  }
}
