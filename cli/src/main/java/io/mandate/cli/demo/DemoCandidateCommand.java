package io.mandate.cli.demo;

import io.mandate.cli.ExitCode;
import io.mandate.cli.Logging;
import io.mandate.election.Election;
import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.guard.file.VersionedFile;
import io.mandate.store.etcd.EtcdStore;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code mandate demo-candidate}: one of the processes of {@code mandate demo}. Adds lines to a ledger while it leads, and tells on its standard output what it does. Between reading the
 * ledger and writing it, it waits there for a line on its standard input if one said {@code hold} before: for the demo to stop it at the worst moment.
 */
@Command(name = "demo-candidate", hidden = true)
public final class DemoCandidateCommand implements Callable<Integer> {
    static final Duration TTL = Duration.ofSeconds(1);
    private static final long ENTRY_MILLIS = 40;

    @Option(names = "--store", required = true)
    private String store;

    @Option(names = "--election", required = true)
    private String election;

    @Option(names = "--candidate", required = true)
    private String candidate;

    @Option(names = "--ledger", required = true)
    private Path path;

    @Option(names = "--guarded")
    private boolean guarded;

    private final BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    @Override
    public Integer call() throws Exception {
        Logging.silence();
        Ledger ledger = guarded ? new Ledger.Guarded(VersionedFile.at(path)) : new Ledger.Plain(path);
        try (EtcdStore connected = EtcdStore.connect(store);
                Election joined = Election.on(connected)
                        .name(election)
                        .candidate(candidate)
                        .ttl(TTL)
                        .join()) {
            tell("joined");
            joined.whileLeading(term -> lead(term, ledger));
        } catch (CancellationException ended) {
            tell("left");
        }
        return ExitCode.OK;
    }

    private static void tell(String what) {
        System.out.println(what);
        System.out.flush();
    }

    private void lead(Term term, Ledger ledger) throws Exception {
        tell("leads " + term.token());
        try {
            while (!resignRequestedWithin(term, ENTRY_MILLIS)) {
                Ledger.Seen seen = ledger.read();
                String line = seen.next(candidate);
                term.requireValid(Duration.ZERO);
                if (orders.ready() && orders.readLine().equals("hold")) {
                    tell("holds " + line);
                    orders.readLine();
                }
                if (ledger.append(new TrustingTerm(term), seen, line)) {
                    tell("wrote " + line);
                }
            }
        } catch (StaleTokenException refused) {
            tell("refused " + refused.getMessage());
            throw refused;
        } finally {
            tell("stops " + term.token());
        }
    }

    private static boolean resignRequestedWithin(Term term, long millis) throws Exception {
        try {
            term.resignRequested().get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        }
    }
}
