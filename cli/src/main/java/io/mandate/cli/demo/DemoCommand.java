package io.mandate.cli.demo;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.mandate.cli.ExitCode;
import io.mandate.cli.client.StoreClient;
import io.mandate.etcdapi.Event;
import io.mandate.etcdapi.HashKVRequest;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.StatusRequest;
import io.mandate.etcdapi.StatusResponse;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.KeyRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mandate demo}: three nodes, three rivals, one dead leader. */
@Command(
        name = "demo",
        description = {
            "Start three nodes on this machine, let rivals compare-and-swap one key, kill the leader with -9,",
            "and check that exactly one rival won every round and no acknowledged write was lost. Ends by itself."
        },
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final int NODES = 3;
    private static final ByteString MANDATE_KEY = ByteString.copyFromUtf8("demo/mandate");
    private static final String WRITES_PREFIX = "demo/write/";
    private static final Duration OUTAGE_MAX = Duration.ofSeconds(10);

    @Spec
    private CommandSpec spec;

    @Option(names = "--rounds", defaultValue = "5", description = "Rounds the rivals play (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--writes",
            defaultValue = "300",
            description = "Writes before and after the kill (${DEFAULT-VALUE}).")
    private int writes;

    @Override
    public Integer call() throws Exception {
        Timeline timeline = new Timeline(spec.commandLine().getOut());
        timeline.note("starting three nodes");
        try (DemoNodes nodes = DemoNodes.start(NODES);
                StoreClient client = new StoreClient(nodes.endpoints(), Duration.ofSeconds(8))) {
            for (int i = 0; i < NODES; i++) {
                timeline.note(
                        "%s serves on %s (pid %d)",
                        nodes.name(i), nodes.endpoints().get(i), nodes.pid(i));
            }
            playRounds(timeline, nodes, client);
            surviveTheLeader(timeline, nodes, client);
        }
        timeline.note("%s", timeline.allHeld() ? "every step held" : "a step did not hold");
        return timeline.allHeld() ? ExitCode.OK : ExitCode.NO;
    }

    private void playRounds(Timeline timeline, DemoNodes nodes, StoreClient client) throws Exception {
        List<Rival> rivals = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            rivals.add(new Rival("rival-" + (i + 1), List.of(nodes.endpoints().get(i))));
        }
        CompletableFuture<Set<String>> watched = watchMandate(timeline, client);
        Set<String> winners = new HashSet<>();
        long modRevision = 0;
        for (int round = 1; round <= rounds; round++) {
            long expected = modRevision;
            int number = round;
            List<CompletableFuture<Rival.Swap>> swaps = rivals.stream()
                    .map(rival -> CompletableFuture.supplyAsync(
                            () -> rival.compareAndSwap(MANDATE_KEY, expected, rival.name() + " in round " + number)))
                    .toList();
            List<Rival.Swap> won = swaps.stream()
                    .map(CompletableFuture::join)
                    .filter(Rival.Swap::won)
                    .toList();
            timeline.check(won.size() == 1, "round %d: %d of %d rivals won", round, won.size(), NODES);
            for (int i = 0; i < NODES; i++) {
                if (swaps.get(i).join().won()) {
                    winners.add(rivals.get(i).name() + " in round " + round);
                    modRevision = swaps.get(i).join().revision();
                }
            }
        }
        timeline.check(
                watched.get(5, TimeUnit.SECONDS).equals(winners), "the watch saw each winner, once, and nobody else");
        rivals.forEach(Rival::close);
    }

    /** Prints every change of the mandate key; completes with the values seen once there are as many as rounds. */
    private CompletableFuture<Set<String>> watchMandate(Timeline timeline, StoreClient client) throws Exception {
        CompletableFuture<Set<String>> complete = new CompletableFuture<>();
        CompletableFuture<Boolean> created = new CompletableFuture<>();
        Set<String> seen = new HashSet<>();
        StreamObserver<WatchRequest> requests = client.watches().watch(new StreamObserver<>() {
            @Override
            public void onNext(WatchResponse response) {
                if (response.getCreated()) {
                    created.complete(true);
                }
                for (Event event : response.getEventsList()) {
                    KeyValue kv = event.getKv();
                    timeline.note(
                            "watch: revision %d term %d: %s",
                            kv.getModRevision(),
                            response.getHeader().getRaftTerm(),
                            kv.getValue().toStringUtf8());
                    if (!seen.add(kv.getValue().toStringUtf8())) {
                        complete.completeExceptionally(new IllegalStateException("event told twice: " + kv));
                    }
                }
                if (seen.size() >= rounds) {
                    complete.complete(seen);
                }
            }

            @Override
            public void onError(Throwable failure) {
                created.completeExceptionally(failure);
                complete.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
                onError(new IllegalStateException("the store ended the watch"));
            }
        });
        requests.onNext(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(MANDATE_KEY))
                .build());
        created.get(5, TimeUnit.SECONDS);
        return complete;
    }

    private void surviveTheLeader(Timeline timeline, DemoNodes nodes, StoreClient client) throws Exception {
        int leader = leader(client);
        StatusResponse before = status(client, leader);
        timeline.note(
                "%s leads in term %d at revision %d",
                nodes.name(leader), before.getRaftTerm(), before.getHeader().getRevision());
        Set<String> acknowledged = new HashSet<>();
        List<String> survivors = new ArrayList<>(nodes.endpoints());
        survivors.remove(leader);
        try (Rival writer = new Rival("writer", List.of(survivors.get(0)))) {
            write(writer, "before", acknowledged);
            timeline.note("%d writes acknowledged", acknowledged.size());
            nodes.kill(leader);
            long killedNanos = System.nanoTime();
            timeline.note("kill -9 %s (pid %d)", nodes.name(leader), nodes.pid(leader));
            Rival.Swap first = firstAfterKill(writer, killedNanos, acknowledged);
            timeline.check(
                    first.term() > before.getRaftTerm(),
                    "writes go on in term %d at revision %d, %.0f ms after the kill",
                    first.term(),
                    first.revision(),
                    (System.nanoTime() - killedNanos) / 1e6);
            write(writer, "after", acknowledged);
            timeline.note("%d writes acknowledged in all", acknowledged.size());
        }
        nodes.restart(leader);
        timeline.note("%s is back on the data it left", nodes.name(leader));
        verify(timeline, client, acknowledged);
    }

    private void write(Rival writer, String phase, Set<String> acknowledged) {
        for (int i = 0; i < writes; i++) {
            String value = phase + "-" + i;
            if (writer.tryPut(ByteString.copyFromUtf8(WRITES_PREFIX + value), value) != null) {
                acknowledged.add(value);
            }
        }
    }

    private static Rival.Swap firstAfterKill(Rival writer, long killedNanos, Set<String> acknowledged) {
        for (int attempt = 0; System.nanoTime() - killedNanos < OUTAGE_MAX.toNanos(); attempt++) {
            String value = "during-" + attempt;
            Rival.Swap swap = writer.tryPut(ByteString.copyFromUtf8(WRITES_PREFIX + value), value);
            if (swap != null) {
                acknowledged.add(value);
                return swap;
            }
        }
        throw new IllegalStateException("no write succeeded for " + OUTAGE_MAX.toSeconds() + " s after the kill");
    }

    private static void verify(Timeline timeline, StoreClient client, Set<String> acknowledged) {
        KeyRange all = KeyRange.prefix(Bytes.utf8(WRITES_PREFIX));
        Set<String> present = client
                .kv()
                .range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFrom(all.key().sharedArray()))
                        .setRangeEnd(ByteString.copyFrom(all.end().sharedArray()))
                        .build())
                .getKvsList()
                .stream()
                .map(kv -> kv.getValue().toStringUtf8())
                .collect(Collectors.toSet());
        timeline.check(
                present.containsAll(acknowledged),
                "all %d acknowledged writes are there (%d found)",
                acknowledged.size(),
                present.size());
        List<Integer> hashes = client.channels().values().stream()
                .map(channel -> {
                    catchUp(channel);
                    return MaintenanceGrpc.newBlockingStub(channel)
                            .hashKV(HashKVRequest.getDefaultInstance())
                            .getHash();
                })
                .toList();
        timeline.check(
                hashes.stream().distinct().count() == 1,
                "the three copies are equal: hashes %s",
                hashes.stream().map(Integer::toHexString).toList());
    }

    private static int leader(StoreClient client) {
        for (int i = 0; i < NODES; i++) {
            StatusResponse status = status(client, i);
            if (status.getLeader() == status.getHeader().getMemberId()) {
                return i;
            }
        }
        throw new IllegalStateException("no node says that it leads");
    }

    private static StatusResponse status(StoreClient client, int node) {
        return MaintenanceGrpc.newBlockingStub(
                        List.copyOf(client.channels().values()).get(node))
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .status(StatusRequest.getDefaultInstance());
    }

    /** Makes a linearizable read through one node: when it is answered, that node has caught up. */
    private static void catchUp(ManagedChannel node) {
        KVGrpc.newBlockingStub(node)
                .withDeadlineAfter(8, TimeUnit.SECONDS)
                .range(RangeRequest.newBuilder().setKey(MANDATE_KEY).build());
    }
}
