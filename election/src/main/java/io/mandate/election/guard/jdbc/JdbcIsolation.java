package io.mandate.election.guard.jdbc;

import java.sql.Connection;

/** The isolation of a guarded transaction. The guard is right at each of them; they differ in what the work reads. */
public enum JdbcIsolation {
    READ_COMMITTED(Connection.TRANSACTION_READ_COMMITTED),
    REPEATABLE_READ(Connection.TRANSACTION_REPEATABLE_READ),
    SERIALIZABLE(Connection.TRANSACTION_SERIALIZABLE);

    private final int level;

    JdbcIsolation(int level) {
        this.level = level;
    }

    int level() {
        return level;
    }
}
