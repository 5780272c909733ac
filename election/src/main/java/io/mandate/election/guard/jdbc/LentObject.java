package io.mandate.election.guard.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLData;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * An object of the driver's as the guarded work sees it: by the interfaces of {@code java.sql} that it implements, and
 * by nothing else. Whatever it returns that implements one is lent in the same way, by its class and not by the
 * method's declared type, so that a method that JDBC adds, or one that returns any {@code Object}, leads out as little
 * as those of today. Arguments that were lent go to the driver as it made them.
 *
 * <p>What a driver hands to a user's own {@link SQLData} class, or puts into a source or result of XML, is its own.
 */
final class LentObject implements InvocationHandler {
    /** Of a connection: they end the transaction, or change what the guard's own statements and the pool rely on. */
    private static final Set<String> GUARDS_OWN = Set.of(
            "commit",
            "close",
            "abort",
            "setAutoCommit",
            "setTransactionIsolation",
            "setReadOnly",
            "setCatalog",
            "setSchema",
            "setShardingKey",
            "setShardingKeyIfValid",
            "beginRequest",
            "endRequest");

    private static final ClassValue<Class<?>[]> INTERFACES = new ClassValue<>() {
        @Override
        protected Class<?>[] computeValue(Class<?> type) {
            Set<Class<?>> found = new LinkedHashSet<>();
            for (Class<?> each = type; each != null; each = each.getSuperclass()) {
                addInterfaces(each, found);
            }
            // The user's own, which the driver filled.
            return found.contains(SQLData.class) ? new Class<?>[0] : found.toArray(Class<?>[]::new);
        }
    };

    private final Loan loan;
    private final Object target;
    /** The lent object that returned this one: null for the connection. */
    private final @Nullable Object origin;

    private LentObject(Loan loan, Object target, @Nullable Object origin) {
        this.loan = loan;
        this.target = target;
        this.origin = origin;
    }

    static Object of(Loan loan, Object target, @Nullable Object origin) {
        return Proxy.newProxyInstance(
                LentObject.class.getClassLoader(),
                INTERFACES.get(target.getClass()),
                new LentObject(loan, target, origin));
    }

    private static void addInterfaces(Class<?> type, Set<Class<?>> found) {
        for (Class<?> each : type.getInterfaces()) {
            // Enumerations such as JDBCType implement SQLType, and lead nowhere.
            if (each.getPackageName().equals("java.sql") && !type.isEnum()) {
                found.add(each);
            }
            addInterfaces(each, found);
        }
    }

    static SQLException refusal(String what) {
        return new SQLException("a guarded write cannot " + what
                + ": the guard ends the transaction; return to commit, throw to roll back");
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return ofObject(method, arguments);
        }
        try {
            requireAllowed(method, arguments);
            return loan.isOver() ? afterEnd(method) : duringWork(proxy, method, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        } catch (SQLException refused) {
            if (!Arrays.asList(method.getExceptionTypes()).contains(SQLException.class)) {
                throw new IllegalStateException(refused.getMessage(), refused);
            }
            throw refused;
        }
    }

    private Object ofObject(Method method, @Nullable Object @Nullable [] arguments) {
        LentObject other = arguments == null ? null : lentObject(arguments[0]);
        return switch (method.getName()) {
            case "equals" -> other != null && target.equals(other.target);
            case "hashCode" -> target.hashCode();
            default -> "guarded " + target;
        };
    }

    private void requireAllowed(Method method, @Nullable Object @Nullable [] arguments) throws SQLException {
        if (!(target instanceof Connection)) {
            return;
        }
        // Rolling back to a savepoint is the work's own affair: it cannot have set one before the fence.
        boolean rollsBackAll = method.getName().equals("rollback") && arguments == null;
        if (rollsBackAll || GUARDS_OWN.contains(method.getName())) {
            throw refusal("call " + method.getName() + "() on its connection");
        }
    }

    /** What belongs to cleaning up does no harm, and has nothing left to do. */
    private @Nullable Object afterEnd(Method method) throws SQLException {
        return switch (method.getName()) {
            case "isClosed" -> true;
            case "close", "free" -> null;
            default -> throw Loan.over();
        };
    }

    private @Nullable Object duringWork(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws SQLException, ReflectiveOperationException {
        switch (method.getName()) {
            case "isWrapperFor" -> {
                return isOfType(proxy, arguments);
            }
            case "unwrap" -> {
                if (!isOfType(proxy, arguments)) {
                    throw new SQLException("a guarded write cannot unwrap what it is lent, because the driver's own"
                            + " objects lead out of the guard: for what only they can do, begin a transaction of your"
                            + " own and call fence(connection, term) of the guard");
                }
                return proxy;
            }
            case "cancel" -> {
                // It must not wait for a call's end: that is the statement to be cancelled.
                return method.invoke(target, arguments);
            }
            default -> {
                Lock call = loan.beginCall();
                try {
                    checkText(method, arguments);
                    return shown(proxy, method.invoke(target, given(arguments)), arguments);
                } finally {
                    call.unlock();
                }
            }
        }
    }

    private static boolean isOfType(Object proxy, @Nullable Object @Nullable [] arguments) {
        return arguments != null && arguments[0] instanceof Class<?> type && type.isInstance(proxy);
    }

    private void checkText(Method method, @Nullable Object @Nullable [] arguments) throws SQLException {
        String name = method.getName();
        boolean takesText = name.startsWith("execute") || name.startsWith("prepare") || name.equals("addBatch");
        if (takesText && arguments != null && arguments[0] instanceof String sql) {
            loan.check(sql);
        }
    }

    private @Nullable Object shown(Object proxy, @Nullable Object result, @Nullable Object @Nullable [] arguments)
            throws SQLException {
        Object shown = shown(proxy, result);
        if (shown != result && arguments != null) {
            for (Object argument : arguments) {
                if (argument instanceof Class<?> type && !type.isInstance(shown)) {
                    throw new SQLException("a guarded write cannot get a " + type.getName()
                            + ", which leads out of the guard: ask for the interface of java.sql that it implements");
                }
            }
        }
        return shown;
    }

    private @Nullable Object shown(Object proxy, @Nullable Object result) {
        if (result == null) {
            return null;
        }
        if (result instanceof Connection) {
            return loan.connection();
        }
        if (result == target) {
            return proxy;
        }
        LentObject from = lentObject(origin);
        if (from != null && result == from.target) {
            return origin;
        }
        if (result instanceof @Nullable Object[] array) {
            return shownArray(proxy, array);
        }
        if (INTERFACES.get(result.getClass()).length > 0) {
            return of(loan, result, proxy);
        }
        return LentStreams.shown(loan, result);
    }

    private @Nullable Object[] shownArray(Object proxy, @Nullable Object[] array) {
        @Nullable Object[] shown = array;
        for (int i = 0; i < array.length; i++) {
            Object element = shown(proxy, array[i]);
            if (element != array[i]) {
                if (shown == array) {
                    // An array of a driver's class could not hold it.
                    shown = Arrays.copyOf(array, array.length, Object[].class);
                }
                shown[i] = element;
            }
        }
        return shown;
    }

    private static @Nullable Object @Nullable [] given(@Nullable Object @Nullable [] arguments) throws SQLException {
        if (arguments == null) {
            return null;
        }
        @Nullable Object[] given = arguments;
        for (int i = 0; i < arguments.length; i++) {
            Object argument = given(arguments[i]);
            if (argument != arguments[i]) {
                given = given == arguments ? arguments.clone() : given;
                given[i] = argument;
            }
        }
        return given;
    }

    private static @Nullable Object given(@Nullable Object argument) throws SQLException {
        if (argument instanceof @Nullable Object[] elements) {
            return given(elements);
        }
        LentObject lent = lentObject(argument);
        if (lent == null) {
            return argument;
        }
        if (lent.loan.isOver()) {
            throw Loan.over();
        }
        return lent.target;
    }

    private static @Nullable LentObject lentObject(@Nullable Object object) {
        return object != null
                        && Proxy.isProxyClass(object.getClass())
                        && Proxy.getInvocationHandler(object) instanceof LentObject lent
                ? lent
                : null;
    }

    static boolean isLent(@Nullable Object object) {
        return lentObject(object) != null;
    }
}
