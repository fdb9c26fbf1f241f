package io.perfkit.cache;

import org.junit.jupiter.api.extension.RegisterExtension;
import redis.clients.jedis.UnifiedJedis;

final class NodesClusterIT extends NodesContract {
  @RegisterExtension static final ClusterClients CLIENTS = new ClusterClients();

  @Override
  UnifiedJedis newClient() {
    return CLIENTS.open();
  }
}
