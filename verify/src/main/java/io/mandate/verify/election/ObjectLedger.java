package io.mandate.verify.election;

import io.mandate.cli.demo.Ledger;
import io.mandate.election.Term;
import io.mandate.election.guard.http.Content;
import io.mandate.election.guard.http.Expected;
import io.mandate.election.guard.http.ObjectGuard;
import io.mandate.election.guard.http.ObjectWrite;
import io.mandate.election.guard.http.StoredObject;
import java.net.URI;
import java.util.Optional;

/** A ledger that is an object, written by conditional requests. */
record ObjectLedger(ObjectGuard guard, URI uri) implements Ledger {
    @Override
    public Seen read() throws InterruptedException {
        Optional<StoredObject> object = guard.read(uri);
        return new Seen(
                object.map(stored -> stored.content().utf8()).orElse(""),
                object.map(StoredObject::etag).orElse(""));
    }

    @Override
    public boolean append(Term term, Seen seen, String line) throws InterruptedException {
        Expected expected = seen.version().isEmpty() ? Expected.absent() : Expected.etag(seen.version());
        return guard.write(term, uri, expected, Content.utf8(seen.with(line))) instanceof ObjectWrite.Written;
    }
}
