package io.mandate.election.guard.jdbc;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A data source whose user can be stopped, or fooled, before and after each statement and each call on its connections.
 */
final class SpiedDataSource implements DataSource {
    /** Called with the text of a statement when it is executed, and with the name of each method of a connection. */
    interface Spy {
        default void before(String what) throws SQLException {}

        default void after(String what) throws SQLException {}
    }

    private final DataSource real;
    private final Spy spy;

    SpiedDataSource(DataSource real, Spy spy) {
        this.real = real;
        this.spy = spy;
    }

    @Override
    public Connection getConnection() throws SQLException {
        spy.before("getConnection");
        return spied(Connection.class, real.getConnection(), "");
    }

    private <T> T spied(Class<T> type, Object target, String sql) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    boolean executes = !sql.isEmpty() && method.getName().startsWith("execute");
                    String what = executes ? sql : sql.isEmpty() ? method.getName() : "";
                    spy.before(what);
                    Object result;
                    try {
                        result = method.invoke(target, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                    spy.after(what);
                    return method.getName().equals("prepareStatement")
                            ? spied(PreparedStatement.class, result, (String) arguments[0])
                            : result;
                }));
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return real.getConnection(user, password);
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        return real.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        real.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        real.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return real.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getGlobal();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return real.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return real.isWrapperFor(type);
    }
}
