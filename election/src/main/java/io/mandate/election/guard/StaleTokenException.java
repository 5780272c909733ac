package io.mandate.election.guard;

import io.mandate.election.Term;
import io.mandate.election.internal.TermAccess;

/**
 * The resource has seen a larger fencing token: another leader has begun, and this one's write was refused. Nothing was
 * written.
 */
public final class StaleTokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long token;
    private final long largestToken;

    private StaleTokenException(String resource, Term term, long largestToken) {
        super("write to " + resource + " refused: token " + term.token() + " of " + term.candidate() + " in election "
                + term.election() + " is smaller than " + largestToken
                + ", which the resource has seen: another leader has begun; stop this work");
        this.token = term.token();
        this.largestToken = largestToken;
    }

    /** Also ends the term. */
    public static StaleTokenException of(String resource, Term term, long largestToken) {
        TermAccess.superseded(term);
        return new StaleTokenException(resource, term, largestToken);
    }

    /** The refused writer's. */
    public long token() {
        return token;
    }

    /** The largest that the resource has seen. */
    public long largestToken() {
        return largestToken;
    }
}
