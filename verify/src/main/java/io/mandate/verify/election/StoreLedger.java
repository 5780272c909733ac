package io.mandate.verify.election;

import io.mandate.cli.demo.Ledger;
import io.mandate.election.Term;
import io.mandate.election.store.Entry;
import io.mandate.store.etcd.StoreGuard;
import io.mandate.store.etcd.StoreWrite;
import java.util.Optional;

/** A ledger in a key of the election's own store. */
record StoreLedger(StoreGuard guard, String key) implements Ledger {
    @Override
    public Seen read() {
        return seen(guard.read(key));
    }

    static Seen seen(Optional<Entry> entry) {
        return new Seen(
                entry.map(Entry::value).orElse(""),
                Long.toString(entry.map(Entry::version).orElse(0L)));
    }

    @Override
    public boolean append(Term term, Seen seen, String line) {
        return guard.write(
                        term,
                        changes -> changes.expect(key, Long.parseLong(seen.version()))
                                .put(key, seen.with(line)))
                instanceof StoreWrite.Written;
    }
}
