package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Struct;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** All of JDBC as this Java knows it, by its interfaces: what can be reached from a connection is lent, too. */
class LentObjectTest {
    private static final Set<Class<?>> INTERFACES = reachable();

    /** Work may call them: they neither end the transaction nor change where the guard's statements go. */
    private static final Set<String> ALLOWED_OF_CONNECTION = Set.of(
            "clearWarnings",
            "createArrayOf",
            "createBlob",
            "createClob",
            "createNClob",
            "createSQLXML",
            "createStatement",
            "createStruct",
            "enquoteIdentifier",
            "enquoteLiteral",
            "enquoteNCharLiteral",
            "getAutoCommit",
            "getCatalog",
            "getClientInfo",
            "getHoldability",
            "getMetaData",
            "getNetworkTimeout",
            "getSchema",
            "getTransactionIsolation",
            "getTypeMap",
            "getWarnings",
            "isClosed",
            "isReadOnly",
            "isSimpleIdentifier",
            "isValid",
            "nativeSQL",
            "prepareCall",
            "prepareStatement",
            "releaseSavepoint",
            "setClientInfo",
            "setHoldability",
            "setNetworkTimeout",
            "setSavepoint",
            "setTypeMap");

    /** What methods return that are declared to return any object. */
    private Class<?> ofObject = Array.class;

    private final Loan loan = new Loan((Connection) made(Connection.class));

    /** By return types, beginning with a connection. */
    private static Set<Class<?>> reachable() {
        Set<Class<?>> found = new LinkedHashSet<>(List.of(Array.class, Struct.class));
        Deque<Class<?>> unseen = new ArrayDeque<>(List.of(Connection.class, Array.class, Struct.class));
        while (!unseen.isEmpty()) {
            Class<?> type = unseen.remove();
            found.add(type);
            Arrays.stream(type.getMethods())
                    .map(Method::getReturnType)
                    .filter(LentObjectTest::isOfJdbc)
                    .filter(found::add)
                    .forEach(unseen::add);
        }
        return found;
    }

    private static boolean isOfJdbc(Class<?> type) {
        return type.isInterface() && type.getPackageName().equals("java.sql");
    }

    private Object made(Class<?> type) {
        return Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> result(method.getReturnType()));
    }

    private @Nullable Object result(Class<?> type) {
        if (isOfJdbc(type)) {
            return made(type);
        }
        return switch (type.getName()) {
            case "java.lang.Object" -> made(ofObject);
            case "[Ljava.lang.Object;" -> new Object[] {made(ofObject)};
            case "java.io.InputStream" -> new ByteArrayInputStream(new byte[1]);
            case "java.io.OutputStream" -> new ByteArrayOutputStream();
            case "java.io.Reader" -> new StringReader("a");
            case "java.io.Writer" -> new StringWriter();
            case "boolean" -> false;
            case "byte" -> (byte) 0;
            case "short" -> (short) 0;
            case "int" -> 0;
            case "long" -> 0L;
            case "float" -> 0f;
            case "double" -> 0d;
            default -> null;
        };
    }

    private Object lent(Class<?> type) {
        return LentObject.of(loan, made(type), null);
    }

    private static Stream<Method> methods(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(method -> !List.of("unwrap", "isWrapperFor").contains(method.getName()));
    }

    private static Object call(Object on, Method method) throws Throwable {
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(type -> switch (type.getName()) {
                    case "java.lang.Class" -> Object.class;
                    case "java.lang.String" -> "SELECT 1";
                    case "boolean" -> false;
                    case "byte" -> (byte) 0;
                    case "short" -> (short) 0;
                    case "int" -> 0;
                    case "long" -> 0L;
                    case "float" -> 0f;
                    case "double" -> 0d;
                    default -> null;
                })
                .toArray();
        try {
            return method.invoke(on, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    @Test
    void whateverAMethodReturnsThatIsOfJdbcIsLent() throws Throwable {
        assertThat(INTERFACES).contains(ResultSet.class, Statement.class, Blob.class, RowId.class);
        int looked = 0;
        for (Class<?> each : INTERFACES) {
            ofObject = each;
            for (Class<?> type : INTERFACES) {
                for (Method method : methods(type).toList()) {
                    Class<?> returned = method.getReturnType();
                    if (isOfJdbc(returned) || returned == Object.class || returned == Object[].class) {
                        Object result = call(lent(type), method);
                        Object first = result instanceof Object[] array ? array[0] : result;
                        assertThat(LentObject.isLent(first))
                                .as(method.toString())
                                .isTrue();
                        if (first instanceof Connection) {
                            assertThat(first).as(method.toString()).isSameAs(loan.connection());
                        }
                        looked++;
                    }
                }
            }
        }
        assertThat(looked).isGreaterThan(1_000);
    }

    @Test
    void afterTheWorkNoMethodOfNothingReachesTheDriver() throws Throwable {
        List<Object> kept = INTERFACES.stream().map(this::lent).toList();
        loan.end();
        for (Object each : kept) {
            for (Class<?> type : each.getClass().getInterfaces()) {
                for (Method method : methods(type).toList()) {
                    if (each instanceof Connection && method.getName().equals("close")) {
                        continue;
                    }
                    switch (method.getName()) {
                        case "close", "free" -> assertThat(call(each, method)).isNull();
                        case "isClosed" -> assertThat(call(each, method)).isEqualTo(true);
                        case "equals", "hashCode", "toString" -> {}
                        default ->
                            assertThatThrownBy(() -> call(each, method))
                                    .as(method.toString())
                                    .isInstanceOfAny(SQLException.class, IllegalStateException.class)
                                    .hasMessageMatching(".*(is over|a guarded write cannot call).*");
                    }
                }
            }
        }
    }

    @Test
    void streamsEndWithTheWork() throws Throwable {
        Blob blob = (Blob) lent(Blob.class);
        ResultSet row = (ResultSet) lent(ResultSet.class);
        InputStream input = blob.getBinaryStream();
        OutputStream output = blob.setBinaryStream(1);
        Reader reader = row.getCharacterStream(1);
        Writer writer = ((java.sql.Clob) lent(java.sql.Clob.class)).setCharacterStream(1);
        assertThat(input.available()).isOne();
        assertThat(input.read()).isZero();
        assertThat(reader.read()).isEqualTo('a');
        output.write(1);
        writer.write("a");
        loan.end();
        assertThatThrownBy(input::read).hasMessageContaining("is over");
        assertThatThrownBy(() -> input.readNBytes(1)).hasMessageContaining("is over");
        assertThatThrownBy(() -> input.skip(1)).hasMessageContaining("is over");
        assertThatThrownBy(input::available).hasMessageContaining("is over");
        assertThatThrownBy(reader::read).hasMessageContaining("is over");
        assertThatThrownBy(reader::ready).hasMessageContaining("is over");
        assertThatThrownBy(() -> output.write(1)).hasMessageContaining("is over");
        assertThatThrownBy(() -> output.write(new byte[1])).hasMessageContaining("is over");
        assertThatThrownBy(output::close).hasMessageContaining("is over");
        assertThatThrownBy(() -> writer.write("a")).hasMessageContaining("is over");
        assertThatThrownBy(writer::close).hasMessageContaining("is over");
        input.close();
        reader.close();
    }

    /** One that a later JDBC adds is to be looked at: does it end the transaction, or lead away from the tables? */
    @Test
    void everyMethodOfAConnectionIsEitherTheGuardsOrHarmless() {
        Set<String> refused = methods(Connection.class)
                .filter(method -> {
                    try {
                        call(lent(Connection.class), method);
                        return false;
                    } catch (SQLException refusal) {
                        return String.valueOf(refusal.getMessage()).contains("the guard ends the transaction");
                    } catch (Throwable defect) {
                        throw new AssertionError(method.toString(), defect);
                    }
                })
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> all = methods(Connection.class).map(Method::getName).collect(Collectors.toCollection(TreeSet::new));
        assertThat(refused)
                .contains("commit", "rollback", "abort", "close", "setAutoCommit", "setTransactionIsolation");
        all.removeAll(refused);
        assertThat(ALLOWED_OF_CONNECTION).containsAll(all);
        assertThat(refused).doesNotContainAnyElementsOf(ALLOWED_OF_CONNECTION);
    }

    @Test
    void anArrayOfADriversClassIsShownAsOneOfLentObjects() throws SQLException {
        Array array = (Array) LentObject.of(
                loan,
                Proxy.newProxyInstance(
                        getClass().getClassLoader(), new Class<?>[] {Array.class}, (proxy, method, arguments) ->
                                new Struct[] {null, (Struct) made(Struct.class)}),
                null);
        Object[] elements = (Object[]) array.getArray();
        assertThat(elements).hasSize(2);
        assertThat(elements[0]).isNull();
        assertThat(LentObject.isLent(elements[1])).isTrue();
    }
}
