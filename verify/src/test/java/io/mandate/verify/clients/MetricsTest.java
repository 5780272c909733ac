package io.mandate.verify.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.NodeClient;
import io.mandate.verify.process.ProcessCluster;
import io.mandate.verify.process.ServerBinary;
import io.mandate.verify.process.TestedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every metric of an etcd is served with its type, or stands with its reason in docs/etcd-compatibility.md, and none is
 * in both.
 */
@Tag("integration")
@Timeout(300)
class MetricsTest {
    private static final Path COMPATIBILITY = Path.of("..", "docs", "etcd-compatibility.md");
    private static final String HEADING = "## Metrics that are not served";
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");
    private static final Pattern NAME = Pattern.compile("`([a-z0-9_*]+)`");

    @TempDir
    Path directory;

    /** Type by name, after a write, a read and a look at the health. */
    private Map<String, String> typesOf(ServerBinary server) throws Exception {
        try (ProcessCluster cluster = ProcessCluster.of(server, 1, directory).start()) {
            ClusterNode node = cluster.node(0);
            NodeClient.put(node, "k", "v");
            assertThat(NodeClient.get(node, "k")).isEqualTo("v");
            get(node, "/health");
            Map<String, String> types = new TreeMap<>();
            Matcher line = TYPE.matcher(get(node, "/metrics"));
            while (line.find()) {
                types.put(line.group(1), line.group(2));
            }
            return types;
        }
    }

    private static String get(ClusterNode node, String path) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(node.clientUrl() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    /** The names in the first column of the page's table; one that ends with a star stands for all that begin so. */
    private static List<String> excused() throws IOException {
        String page = Files.readString(COMPATIBILITY);
        int begin = page.indexOf(HEADING);
        assertThat(begin).as(HEADING).isNotNegative();
        int end = page.indexOf("\n## ", begin + 1);
        return page.substring(begin, end < 0 ? page.length() : end)
                .lines()
                .filter(line -> line.startsWith("| `"))
                .flatMap(line -> NAME.matcher(line.split("\\|", -1)[1]).results())
                .map(name -> name.group(1))
                .toList();
    }

    private static Predicate<String> named(String excuse) {
        return excuse.endsWith("*")
                ? name -> name.startsWith(excuse.substring(0, excuse.length() - 1))
                : excuse::equals;
    }

    @Test
    void everyMetricOfEtcdIsServedOrStandsWithItsReason() throws Exception {
        Map<String, String> etcd = typesOf(TestedServer.etcdOrSkip());
        Map<String, String> mandate = typesOf(TestedServer.mandate());
        List<String> excused = excused();
        assertThat(etcd).as("etcd's own").hasSizeGreaterThan(80);
        assertThat(etcd.keySet().stream()
                        .filter(name -> !mandate.containsKey(name))
                        .filter(name -> excused.stream()
                                .noneMatch(excuse -> named(excuse).test(name))))
                .as("neither served nor excused")
                .isEmpty();
        assertThat(mandate.keySet().stream()
                        .filter(name -> excused.stream()
                                .anyMatch(excuse -> named(excuse).test(name))))
                .as("served and excused")
                .isEmpty();
        assertThat(excused.stream().filter(excuse -> etcd.keySet().stream().noneMatch(named(excuse))))
                .as("excused, and not etcd's")
                .isEmpty();
        Map<String, String> common = new TreeMap<>(etcd);
        common.keySet().retainAll(mandate.keySet());
        assertThat(mandate).containsAllEntriesOf(common);
    }
}
