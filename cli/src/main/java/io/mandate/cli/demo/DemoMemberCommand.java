package io.mandate.cli.demo;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.ExitCode;
import io.mandate.cli.Logging;
import io.mandate.election.partition.PartitionMembership;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.store.etcd.EtcdStore;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code mandate demo-member}: one of the processes of {@code mandate demo --partitions}. Ends with its standard input.
 */
@Command(name = "demo-member", hidden = true)
public final class DemoMemberCommand implements Callable<Integer> {
    static final int PARTITIONS = 60;

    @Option(names = "--store", required = true)
    private String store;

    @Option(names = "--workload", required = true)
    private String workload;

    @Option(names = "--member", required = true)
    private String member;

    @Option(names = "--ttl", required = true, converter = DurationConverter.class)
    private Duration ttl;

    @Option(names = "--ledgers", required = true)
    private Path directory;

    @Override
    public Integer call() throws Exception {
        Logging.silence();
        PartitionLedgers ledgers = new PartitionLedgers(directory);
        try (EtcdStore connected = DemoStore.connect(store);
                PartitionMembership share = PartitionedWorkload.of(connected, workload, PARTITIONS)
                        .member(member)
                        .ttl(ttl)
                        .settle(Duration.ofMillis(200))
                        .join(ledgers::count)) {
            share.joined().get();
            PartitionLedgers.tell("joined");
            obey(ledgers);
        }
        return ExitCode.OK;
    }

    private static void obey(PartitionLedgers ledgers) throws Exception {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            if (order.equals("hold")) {
                ledgers.hold();
            } else {
                ledgers.goOn();
            }
        }
    }
}
