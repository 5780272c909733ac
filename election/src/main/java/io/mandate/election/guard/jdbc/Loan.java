package io.mandate.election.guard.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection and all that comes from it, lent to the guarded work: the work cannot end the transaction, which would
 * unlock the fence between two of its writes, and nothing works longer than the work does, so that nothing is written
 * behind the guard's back.
 *
 * <p>What is given out is {@linkplain LentObject guarded} too. Text that ends the transaction is {@linkplain SqlText
 * refused} where it is recognized; else the loan remembers that the transaction may have been ended, and which it was.
 * Thread-safe.
 */
final class Loan {
    private final Connection real;
    private final Connection connection;

    /** Shared by calls, so that the end waits for those of other threads: they would come after the commit else. */
    private final ReentrantReadWriteLock calls = new ReentrantReadWriteLock();

    private volatile boolean over;
    private volatile boolean doubtful;
    private volatile @Nullable String transactionBefore;

    Loan(Connection real) {
        this.real = real;
        this.connection = (Connection) LentObject.of(this, real, null);
    }

    /** For the work. */
    Connection connection() {
        return connection;
    }

    /** Ends it, when no call is under way. */
    void end() {
        Lock end = calls.writeLock();
        end.lock();
        try {
            over = true;
        } finally {
            end.unlock();
        }
    }

    boolean isOver() {
        return over;
    }

    /** Begins a call, which the caller ends by unlocking. */
    Lock beginCall() throws SQLException {
        Lock call = calls.readLock();
        call.lock();
        if (over) {
            call.unlock();
            throw over();
        }
        return call;
    }

    static SQLException over() {
        return new SQLException("the guarded write that lent this object is over: use it only inside of the work");
    }

    /** Looks at a statement before the driver gets it. */
    void check(String sql) throws SQLException {
        SqlText text = SqlText.of(sql);
        if (text.effect() == SqlText.Effect.ENDS_TRANSACTION) {
            throw LentObject.refusal("execute " + text.name());
        }
        if (text.effect() == SqlText.Effect.DEFINES && real.getMetaData().dataDefinitionCausesTransactionCommit()) {
            throw new SQLException("a guarded write cannot execute " + text.name()
                    + ": on this database it commits the transaction, and the guard with it; do it "
                    + "outside of the work");
        }
        if (text.effect() != SqlText.Effect.NONE && !doubtful) {
            transactionBefore = transaction();
            doubtful = true;
        }
    }

    /** Whether the work executed something that could have ended the transaction. */
    boolean isDoubtful() {
        return doubtful;
    }

    /** Whether {@link #hasOtherTransaction} knows: not every database says which transaction it is. */
    boolean knowsTransaction() {
        return transactionBefore != null;
    }

    /** Whether it is seen to be another transaction than before. */
    boolean hasOtherTransaction() throws SQLException {
        String before = transactionBefore;
        return real.getAutoCommit() || (before != null && !before.equals(transaction()));
    }

    /** Null if the database does not say. */
    private @Nullable String transaction() throws SQLException {
        String sql = switch (real.getMetaData().getDatabaseProductName()) {
            case "PostgreSQL" -> "SELECT txid_current()";
            case "H2" -> "SELECT COALESCE(TRANSACTION_ID(), 'none')";
            default -> "";
        };
        if (sql.isEmpty()) {
            return null;
        }
        try (Statement statement = real.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : null;
        }
    }
}
