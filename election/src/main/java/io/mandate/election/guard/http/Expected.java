package io.mandate.election.guard.http;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a writer has seen, and what must still be so when it writes. Immutable. */
public final class Expected {
    private static final Expected ABSENT = new Expected(null);

    private final @Nullable String etag;

    private Expected(@Nullable String etag) {
        this.etag = etag;
    }

    /** That there is no such object. */
    public static Expected absent() {
        return ABSENT;
    }

    /**
     * That the object is this version.
     *
     * @param etag as {@link StoredObject#etag()} gives it, with its quotes
     * @throws IllegalArgumentException if it is weak, or no entity tag
     */
    public static Expected etag(String etag) {
        StrongETag.problem(etag).ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        });
        return new Expected(etag);
    }

    boolean matches(Optional<StoredObject> current) {
        return current.map(object -> object.etag().equals(etag)).orElse(etag == null);
    }

    @Override
    public String toString() {
        return etag == null ? "no such object" : etag;
    }
}
