package io.perfkit.session.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.util.EnumSet;
import org.eclipse.jetty.ee11.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

final class JettySessionsIT extends ServletContract {
  private final Server server = new Server();

  @Override
  int start(Filter filter, HttpServlet servlet) {
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder pages = new ServletHolder(servlet);
    pages.setAsyncSupported(true);
    context.addServlet(pages, "/");
    FilterHolder sessions = new FilterHolder(filter);
    sessions.setAsyncSupported(true);
    context.addFilter(sessions, "/*", EnumSet.allOf(DispatcherType.class));
    if (errorPage) {
      ErrorPageErrorHandler errors = new ErrorPageErrorHandler();
      errors.addErrorPage(400, 599, "/error");
      context.setErrorHandler(errors);
    }
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(context);
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return connector.getLocalPort();
  }

  @Override
  void stop() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
