package io.mandate.election.guard.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection as the guarded work sees it: it cannot end the transaction, which would unlock the fence between two of its writes, and it works no longer than the
 * work does, so that nothing is written behind the guard's back.
 */
final class LentConnection implements InvocationHandler {
    private static final Set<String> GUARDS_OWN =
            Set.of("commit", "close", "abort", "setAutoCommit", "setTransactionIsolation", "setReadOnly");

    private final Connection connection;
    private volatile boolean returned;

    private LentConnection(Connection connection) {
        this.connection = connection;
    }

    static <R extends @Nullable Object> R lend(Connection connection, JdbcWork<R> work) throws SQLException {
        LentConnection lent = new LentConnection(connection);
        try {
            return work.run((Connection) Proxy.newProxyInstance(
                    LentConnection.class.getClassLoader(), new Class<?>[] {Connection.class}, lent));
        } finally {
            lent.returned = true;
        }
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return ofObject(proxy, method, arguments);
        }
        int count = arguments == null ? 0 : arguments.length;
        // Rolling back to a savepoint is the work's own affair: it cannot have set one before the fence.
        if (GUARDS_OWN.contains(method.getName()) || (method.getName().equals("rollback") && count == 0)) {
            throw new SQLException("a guarded write cannot call " + method.getName()
                    + "() on its connection: the guard ends the transaction; return to commit, throw to roll back");
        }
        if (returned && !method.getName().equals("isClosed")) {
            throw new SQLException(
                    "the guarded write that lent this connection is over: use it only inside of the work");
        }
        try {
            return returned ? true : method.invoke(connection, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    private Object ofObject(Object proxy, Method method, Object @Nullable [] arguments) {
        return switch (method.getName()) {
            case "equals" -> arguments != null && proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> "guarded " + connection;
        };
    }
}
