package io.perfkit.session.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.junit.jupiter.api.io.TempDir;

final class TomcatSessionsIT extends ServletContract {
  private final Tomcat tomcat = new Tomcat();

  @TempDir private Path folder;

  @Override
  int start(Filter filter, HttpServlet servlet) {
    tomcat.setBaseDir(folder.toString());
    tomcat.setHostname("127.0.0.1");
    tomcat.setPort(0);
    Context context = tomcat.addContext("", null);
    context.addServletContainerInitializer(
        (classes, application) -> {
          ServletRegistration.Dynamic pages = application.addServlet("pages", servlet);
          pages.setAsyncSupported(true);
          pages.addMapping("/");
          FilterRegistration.Dynamic sessions = application.addFilter("sessions", filter);
          sessions.setAsyncSupported(true);
          sessions.addMappingForUrlPatterns(EnumSet.allOf(DispatcherType.class), false, "/*");
        },
        Set.of());
    if (errorPage) {
      ErrorPage errors = new ErrorPage();
      errors.setLocation("/error");
      context.addErrorPage(errors);
    }
    try {
      tomcat.start();
    } catch (LifecycleException e) {
      throw new IllegalStateException(e);
    }
    return tomcat.getConnector().getLocalPort();
  }

  @Override
  void stop() {
    try {
      tomcat.stop();
      tomcat.destroy();
    } catch (LifecycleException e) {
      throw new IllegalStateException(e);
    }
  }
}
