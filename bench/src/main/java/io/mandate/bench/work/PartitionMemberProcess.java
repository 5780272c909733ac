package io.mandate.bench.work;

import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.store.etcd.EtcdStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * A process that is a member of a workload and does nothing with its partitions but say how many it has: {@code owns
 * <count> <nanoseconds of the machine's monotonic clock>}, a line for each change.
 */
final class PartitionMemberProcess {
    static final String OWNS = "owns ";

    private int owned;

    private PartitionMemberProcess() {}

    /** The command that starts one. */
    static List<String> command(String endpoints, String workload, int partitions, String member, Duration ttl) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=bench-logback.xml",
                "-cp",
                System.getProperty("java.class.path"),
                PartitionMemberProcess.class.getName(),
                endpoints,
                workload,
                String.valueOf(partitions),
                member,
                String.valueOf(ttl.toMillis()));
    }

    public static void main(String[] args) throws InterruptedException {
        PartitionMemberProcess member = new PartitionMemberProcess();
        try (EtcdStore store = EtcdStore.connect(args[0]);
                PartitionMembership share = PartitionedWorkload.of(store, args[1], Integer.parseInt(args[2]))
                        .member(args[3])
                        .ttl(Duration.ofMillis(Long.parseLong(args[4])))
                        .joinAsync(partition -> {
                            member.say(1);
                            return CompletableFuture.anyOf(
                                            partition.drainRequested(),
                                            partition.term().ended())
                                    .thenRun(() -> member.say(-1));
                        })) {
            share.joined().join();
            // Until a signal ends the process.
            new CountDownLatch(1).await();
        }
    }

    /** Counts and says so in one step: what was said last is what is owned. */
    private synchronized void say(int more) {
        owned += more;
        System.out.println(OWNS + owned + " " + System.nanoTime());
    }
}
