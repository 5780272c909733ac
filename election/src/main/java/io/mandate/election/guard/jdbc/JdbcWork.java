package io.mandate.election.guard.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What a guarded write does. */
@FunctionalInterface
public interface JdbcWork<R extends @Nullable Object> {
    /**
     * Works in the guard's transaction. May run several times, when the database ends the transaction because of a
     * conflict with another one: only what is done on the connection is undone before.
     *
     * <p>The guard ends the transaction. So the connection refuses to commit, to roll back other than to a savepoint,
     * to be closed or aborted, and to change auto-commit, isolation, schema or catalog. Text such as {@code COMMIT} or
     * {@code START TRANSACTION} is refused, and definitions ({@code CREATE TABLE …}) on databases where they commit.
     * What is not recognized by its first words, as a procedure that commits or a text of several statements, is
     * carried out. Then PostgreSQL and H2 are asked at the end of the work whether it is still the same transaction,
     * and the write fails if not; what was committed until then stays. On other databases auto-commit is looked at, and
     * the token is compared again.
     *
     * <p>Statements, results, arrays, large objects and the like that come from the connection are lent as it is: they
     * lead back to no other connection, are of the interfaces of {@code java.sql} only, unwrap to nothing else, and end
     * with the work. What the driver's own classes can do beyond is for a transaction of your own, and
     * {@link JdbcGuard#fence}.
     *
     * @param connection lent until this returns. A call of another thread that is under way then is waited for
     * @throws SQLException rolls back, and reaches the caller of the guard unless it is a conflict; so does any other
     *     exception
     */
    R run(Connection connection) throws SQLException;
}
