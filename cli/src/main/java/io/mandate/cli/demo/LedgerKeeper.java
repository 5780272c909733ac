package io.mandate.cli.demo;

import io.mandate.election.CandidateClosedException;
import io.mandate.election.Election;
import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.internal.StoppedTerm;
import io.mandate.election.store.LeaseStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A candidate that adds lines to a ledger while it leads, and tells on its standard output what it does. Between
 * reading the ledger and writing it, it waits there for a line on its standard input if one said {@code hold} before:
 * so that it can be stopped at the worst moment.
 */
public final class LedgerKeeper {
    private static final long ENTRY_MILLIS = 40;

    private final Ledger ledger;
    private final BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    public LedgerKeeper(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Takes part until this process is asked to end. */
    public void run(LeaseStore store, String election, String candidate, Duration ttl) throws Exception {
        try (Election joined =
                Election.on(store).name(election).candidate(candidate).ttl(ttl).join()) {
            tell("joined");
            joined.runWhileLeading(term -> lead(term, candidate));
        } catch (CandidateClosedException ended) {
            tell("left");
        }
    }

    private static void tell(String what) {
        System.out.println(what);
        System.out.flush();
    }

    private void lead(Term term, String candidate) throws Exception {
        tell("leads " + term.token());
        try {
            while (!resignRequestedWithin(term, ENTRY_MILLIS)) {
                Ledger.Seen seen = ledger.read();
                String line = seen.next(candidate);
                term.requireValid(Duration.ZERO);
                holdIfTold(line);
                if (append(StoppedTerm.of(term), seen, line)) {
                    tell("wrote " + line);
                } else {
                    tell("missed " + line);
                }
            }
        } catch (StaleTokenException refused) {
            tell("refused " + refused.getMessage());
            throw refused;
        } finally {
            tell("stops " + term.token());
        }
    }

    private void holdIfTold(String line) {
        try {
            if (orders.ready() && orders.readLine().equals("hold")) {
                tell("holds " + line);
                orders.readLine();
                // It is interrupted by now: what a program does that does not look, or looked just before, is to be
                // shown.
                Thread.interrupted();
            }
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    /** Where no interruption reaches it: what a write does that is on its way already is to be shown. */
    private boolean append(Term term, Ledger.Seen seen, String line) throws Exception {
        CompletableFuture<Boolean> appended = CompletableFuture.supplyAsync(() -> {
            try {
                return ledger.append(term, seen, line);
            } catch (Exception failed) {
                throw new CompletionException(failed);
            }
        });
        try {
            return appended.join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
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
