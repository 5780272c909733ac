/** The differential test: the same requests to etcd and to Mandate. */
@NullMarked
package io.mandate.verify.differential;

import org.jspecify.annotations.NullMarked;
