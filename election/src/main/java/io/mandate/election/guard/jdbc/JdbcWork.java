package io.mandate.election.guard.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What a guarded write does. */
@FunctionalInterface
public interface JdbcWork<R extends @Nullable Object> {
    /**
     * Works in the guard's transaction. May run several times, when the database ends the transaction because of a conflict with another one: only what is done on the
     * connection is undone before.
     *
     * @param connection lent until this returns; the guard ends the transaction, so that committing, rolling back, closing and changing the isolation are refused
     * @throws SQLException rolls back, and reaches the caller of the guard unless it is a conflict; so does any other exception
     */
    R run(Connection connection) throws SQLException;
}
