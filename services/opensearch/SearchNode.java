import java.util.concurrent.CountDownLatch;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One OpenSearch node on loopback that runs until it is told to end. Arguments: data folder, HTTP port, transport port. */
public final class SearchNode extends OpenSearchRunner {
    private SearchNode() {
        maxHttpPort = -1; // take the port as it is given; the default limit is 9299
    }

    public static void main(final String[] args) {
        final OpenSearchRunner runner = new SearchNode();
        runner.onBuild((number, settings) -> {
            settings.put("network.host", "127.0.0.1");
            settings.put("http.port", args[1]);
            settings.put("transport.port", args[2]);
            settings.put("discovery.type", "single-node");
            settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
        });
        final CountDownLatch told = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (final java.io.IOException e) {
                e.printStackTrace();
            }
            told.countDown();
        }));
        runner.build(OpenSearchRunner.newConfigs().basePath(args[0]).numOfNode(1)
            .baseHttpPort(Integer.parseInt(args[1]) - 1).clusterName("invenio-obscore"));
        runner.ensureYellow();
        System.out.println("ready on port " + args[1]);
        try {
            told.await();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
