package io.mandate.verify.election;

import io.mandate.cli.demo.Ledger;
import io.mandate.election.Term;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** A ledger that is an object, written by whoever believes that it leads. */
record PlainObjectLedger(HttpClient client, URI uri) implements Ledger {
    private static final int OK = 200;

    @Override
    public Seen read() throws IOException, InterruptedException {
        HttpResponse<String> answer =
                client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        return new Seen(answer.statusCode() == OK ? answer.body() : "", "");
    }

    @Override
    public boolean append(Term term, Seen seen, String line) throws IOException, InterruptedException {
        HttpRequest put = HttpRequest.newBuilder(uri)
                .PUT(HttpRequest.BodyPublishers.ofString(seen.with(line)))
                .build();
        return client.send(put, HttpResponse.BodyHandlers.discarding()).statusCode() == OK;
    }
}
