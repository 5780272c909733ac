package io.mandate.cli.demo;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.ExitCode;
import io.mandate.cli.Logging;
import io.mandate.election.guard.file.VersionedFile;
import io.mandate.store.etcd.EtcdStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mandate demo-candidate}: one of the processes of {@code mandate demo}. */
@Command(name = "demo-candidate", hidden = true)
public final class DemoCandidateCommand implements Callable<Integer> {
    @Option(names = "--store", required = true)
    private String store;

    @Option(names = "--election", required = true)
    private String election;

    @Option(names = "--candidate", required = true)
    private String candidate;

    @Option(names = "--ledger", required = true)
    private Path path;

    @Option(names = "--ttl", required = true, converter = DurationConverter.class)
    private Duration ttl;

    @Option(names = "--guarded")
    private boolean guarded;

    @Override
    public Integer call() throws Exception {
        Logging.silence();
        Ledger ledger = guarded ? new FileLedger(VersionedFile.at(path)) : new PlainFileLedger(path);
        try (EtcdStore connected = DemoStore.connect(store)) {
            new LedgerKeeper(ledger).run(connected, election, candidate, ttl);
        }
        return ExitCode.OK;
    }
}
