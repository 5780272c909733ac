package io.mandate.cli.server;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.mandate.cli.ExitCode;
import io.mandate.cli.Logging;
import io.mandate.cli.NodeException;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseGrpc;
import io.mandate.etcdapi.LeaseKeepAliveRequest;
import io.mandate.etcdapi.LeaseKeepAliveResponse;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchGrpc;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.server.FreePorts;
import io.mandate.server.Node;
import io.mandate.server.NodeOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * {@code mandate prepare}: uses, once, what nodes and clients use, so that the JVM, which the launcher tells to archive
 * the classes it has loaded, knows them all. A later start maps the archive instead of reading and verifying some
 * thousand classes again.
 */
@Command(
        name = "prepare",
        description = {
            "Make this installation start faster with this JVM: write an archive of its classes beside it.",
            "To be run once after unpacking, and again after a change of the JVM. Takes some seconds; a clone "
                    + "does it by itself."
        },
        mixinStandardHelpOptions = true)
public final class PrepareCommand implements Callable<Integer> {
    private static final int NODES = 3;
    private static final long SECONDS_MAX = 60;

    @Override
    public Integer call() throws Exception {
        NodeRun.setLogLevel("error");
        Logging.silence();
        Path directory = Files.createTempDirectory("mandate-prepare");
        List<Node> nodes = new ArrayList<>();
        try {
            List<Integer> ports = FreePorts.find(2 * NODES);
            for (int i = 0; i < NODES; i++) {
                nodes.add(Node.start(options(directory, ports, i)));
            }
            for (Node node : nodes) {
                node.ready().get(SECONDS_MAX, TimeUnit.SECONDS);
            }
            for (int port : ports.subList(0, NODES)) {
                use(port);
            }
        } catch (IOException failed) {
            throw new NodeException("cannot run nodes to learn from: " + failed.getMessage());
        } finally {
            nodes.forEach(Node::close);
            delete(directory);
        }
        return ExitCode.OK;
    }

    private static NodeOptions options(Path directory, List<Integer> ports, int node) {
        Map<String, URI> cluster = new HashMap<>();
        for (int i = 0; i < NODES; i++) {
            cluster.put("n" + i, URI.create("http://127.0.0.1:" + ports.get(NODES + i)));
        }
        return NodeOptions.builder("n" + node, directory.resolve("n" + node))
                .listenClientUrls(List.of(URI.create("http://127.0.0.1:" + ports.get(node))))
                .listenPeerUrl(URI.create("http://127.0.0.1:" + ports.get(NODES + node)))
                .initialCluster(cluster)
                .build();
    }

    private static void use(int port) throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forTarget("dns:///127.0.0.1:" + port)
                .usePlaintext()
                .build();
        try {
            ByteString key = ByteString.copyFromUtf8("key");
            PutRequest put = PutRequest.newBuilder().setKey(key).build();
            KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS);
            kv.put(put);
            kv.range(RangeRequest.newBuilder().setKey(key).build());
            kv.txn(TxnRequest.newBuilder()
                    .addSuccess(RequestOp.newBuilder().setRequestPut(put))
                    .build());
            long lease = LeaseGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS)
                    .leaseGrant(
                            LeaseGrantRequest.newBuilder().setTTL(SECONDS_MAX).build())
                    .getID();
            First<LeaseKeepAliveResponse> renewed = new First<>();
            LeaseGrpc.newStub(channel)
                    .leaseKeepAlive(renewed)
                    .onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
            First<WatchResponse> watched = new First<>();
            WatchGrpc.newStub(channel)
                    .watch(watched)
                    .onNext(WatchRequest.newBuilder()
                            .setCreateRequest(
                                    WatchCreateRequest.newBuilder().setKey(key).setStartRevision(1))
                            .build());
            renewed.answer.get(SECONDS_MAX, TimeUnit.SECONDS);
            watched.answer.get(SECONDS_MAX, TimeUnit.SECONDS);
        } finally {
            channel.shutdownNow();
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** The first answer of a stream, or its failure. */
    private static final class First<T> implements StreamObserver<T> {
        final CompletableFuture<T> answer = new CompletableFuture<>();

        @Override
        public void onNext(T next) {
            answer.complete(next);
        }

        @Override
        public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            answer.completeExceptionally(new IllegalStateException("the stream ended without an answer"));
        }
    }
}
