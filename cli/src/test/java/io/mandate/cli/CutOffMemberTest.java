package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import io.mandate.server.FreePorts;
import io.mandate.server.Node;
import io.mandate.server.NodeOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A member that can be reached, and can do nothing: it is not the store. */
@Tag("integration")
@Timeout(120)
class CutOffMemberTest {
    @TempDir
    private static Path directory;

    /** One of three, whose others never come. */
    private static Node cutOff;

    private static String cutOffAt;

    /** Is cut off, and has not noticed: says that all is well, and answers nothing else. */
    private static Server unaware;

    private static final Unaware unawareKeys = new Unaware();
    private static String unawareAt;

    private static Node able;
    private static String ableAt;

    private static final class Unaware extends KVGrpc.KVImplBase {
        final AtomicInteger puts = new AtomicInteger();

        /** Whether it reads before it falls silent. */
        volatile boolean reads;

        /** How many reads it refuses before it does the above. */
        final AtomicInteger refusals = new AtomicInteger();

        volatile Status ofPut = Status.OK;

        @Override
        public void range(RangeRequest request, StreamObserver<RangeResponse> answer) {
            if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                answer.onError(Status.UNAVAILABLE
                        .withDescription("etcdserver: no leader")
                        .asRuntimeException());
            } else if (reads) {
                answer.onNext(RangeResponse.getDefaultInstance());
                answer.onCompleted();
            }
        }

        @Override
        public void put(PutRequest request, StreamObserver<PutResponse> answer) {
            puts.incrementAndGet();
            if (!ofPut.isOk()) {
                answer.onError(ofPut.asRuntimeException());
            }
        }
    }

    @BeforeAll
    static void start() throws Exception {
        List<Integer> ports = FreePorts.find(6);
        cutOffAt = "127.0.0.1:" + ports.get(0);
        ableAt = "127.0.0.1:" + ports.get(1);
        cutOff = Node.start(NodeOptions.builder("n0", directory.resolve("n0"))
                .listenClientUrls(List.of(URI.create("http://" + cutOffAt)))
                .listenPeerUrl(peer(ports.get(2)))
                .initialCluster(Map.of("n0", peer(ports.get(2)), "n1", peer(ports.get(3)), "n2", peer(ports.get(4))))
                .build());
        able = Node.start(NodeOptions.builder("only", directory.resolve("only"))
                .listenClientUrls(List.of(URI.create("http://" + ableAt)))
                .listenPeerUrl(peer(ports.get(5)))
                .electionTimeoutMillis(1000)
                .build());
        unaware = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(unawareKeys)
                .addService(new MaintenanceGrpc.MaintenanceImplBase() {
                    @Override
                    public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
                        answer.onNext(StatusResponse.newBuilder().setLeader(1).build());
                        answer.onCompleted();
                    }
                })
                .build()
                .start();
        unawareAt = "127.0.0.1:" + unaware.getPort();
        able.ready().get(30, TimeUnit.SECONDS);
    }

    private static URI peer(int port) {
        return URI.create("http://127.0.0.1:" + port);
    }

    @AfterAll
    static void stop() throws Exception {
        cutOff.close();
        able.close();
        unaware.shutdownNow().awaitTermination();
    }

    private static Typed mandate(String command, String endpoints, String timeout) {
        return Typed.run(Stream.concat(
                        Stream.of(command.split(" ", -1)), Stream.of("--endpoints", endpoints, "--timeout", timeout))
                .toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"put k v", "get any --count", "del none", "cas new v --absent", "lease grant 5s", "lease list"})
    void theNextEndpointIsTriedWithinTheTimeOut(String command) throws Exception {
        Typed typed = mandate(command, cutOffAt + "," + ableAt, "30s");
        assertThat(typed.err()).isEmpty();
        assertThat(typed.exitCode()).isEqualTo(command.startsWith("del") ? ExitCode.NO : ExitCode.OK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"put k v", "get any --count"})
    void whoHasNotNoticedThatItIsCutOffGetsItsShareOfTheTimeAndNoWrite(String command) throws Exception {
        unawareKeys.reads = false;
        int before = unawareKeys.puts.get();
        Typed typed = mandate(command, unawareAt + "," + ableAt, "8s");
        assertThat(typed.err()).isEmpty();
        assertThat(typed.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(unawareKeys.puts).hasValue(before);
    }

    @Test
    void aLeaseIsRenewedElsewhere() throws Exception {
        String lease = mandate("lease grant 60s", ableAt, "30s").out().get(0).split(" ", -1)[1];
        assertThat(mandate("lease keep-alive " + lease + " --once", cutOffAt + "," + ableAt, "30s")
                        .out())
                .containsExactly("lease " + lease + " renewed for 60 s");
    }

    @Test
    void aReadOfItsOwnCopyNeedsNoLeader() throws Exception {
        Typed typed = mandate("get any --count --serializable", cutOffAt, "30s");
        assertThat(typed.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(typed.out()).containsExactly("0");
    }

    @Test
    void whereNobodyIsAbleEachIsNamedWithItsReason() throws Exception {
        String nobody = "127.0.0.1:" + FreePorts.one();
        // Long enough for a first answer on a busy machine.
        Typed typed = mandate("put k v", cutOffAt + "," + nobody, "3s");
        assertThat(typed.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(typed.err())
                .contains(
                        "--timeout of 3000 ms", cutOffAt + " has no leader", nobody + " cannot be reached", "majority")
                .doesNotContain("unknown");
    }

    @Test
    void whatAMemberSaidBeforeItFellSilentIsQuoted() throws Exception {
        unawareKeys.reads = false;
        unawareKeys.refusals.set(1);
        Typed typed = mandate("get any", unawareAt, "3s");
        assertThat(unawareKeys.refusals).hasValue(0);
        assertThat(typed.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(typed.err()).contains("--timeout of 3000 ms", unawareAt + " has no leader");
    }

    @Test
    void aWriteThatMayHaveBeenCarriedOutIsNotSentAgainAndSaidToBeUnknown() throws Exception {
        unawareKeys.reads = true;
        int before = unawareKeys.puts.get();
        for (String endpoints : List.of(unawareAt, unawareAt + "," + ableAt)) {
            Typed typed = mandate("put once v", endpoints, "2s");
            assertThat(typed.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(typed.err()).contains(unawareAt, "unknown", "read before you repeat it");
        }
        unawareKeys.ofPut = Status.UNAVAILABLE.withDescription("etcdserver: request timed out");
        Typed refused = mandate("put once v", unawareAt + "," + ableAt, "30s");
        unawareKeys.ofPut = Status.OK;
        assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(refused.err()).contains("etcdserver: request timed out", "unknown");
        assertThat(unawareKeys.puts).hasValue(before + 3);
        assertThat(mandate("get once", ableAt, "30s").exitCode()).isEqualTo(ExitCode.NO);
    }

    @Test
    void aWriteRefusedForWantOfALeaderGoesToTheNext() throws Exception {
        unawareKeys.reads = true;
        unawareKeys.ofPut = Status.UNAVAILABLE.withDescription("etcdserver: no leader");
        Typed typed = mandate("put moved v", unawareAt + "," + ableAt, "30s");
        unawareKeys.ofPut = Status.OK;
        assertThat(typed.err()).isEmpty();
        assertThat(typed.exitCode()).isEqualTo(ExitCode.OK);
    }

    @Test
    void statusTellsAMemberWithoutALeaderFromAHealthyOne() throws Exception {
        Typed both = mandate("status", cutOffAt + "," + ableAt, "30s");
        assertThat(both.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(both.out()).hasSize(3).anyMatch(line -> line.contains("no leader"));
        assertThat(mandate("status", ableAt, "30s").exitCode()).isEqualTo(ExitCode.OK);
    }

    @Test
    void aWatchSaysThatThereIsNoLeaderAndGoesToTheNext() throws Exception {
        String revision = mandate("put watched v", ableAt, "30s").out().get(0).replace("revision ", "");
        Typed alone = Typed.start("watch", "watched", "--endpoints", cutOffAt, "--timeout", "60s");
        alone.awaitErr(cutOffAt + " has no leader");
        Typed typed = mandate("watch watched --events 1 --rev " + revision, cutOffAt + "," + ableAt, "30s");
        assertThat(typed.err()).isEmpty();
        assertThat(typed.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(typed.out()).hasSize(1);
    }
}
