package import ColumnStore

/// A function as documents, completion and catalogs show it: code that lists functions reads these, and keeps no list of its own.
package struct ShownFunction: Sendable {
    /// As `\df` calls it.
    package enum Kind: String, Sendable { case scalar = "function", aggregate, rows, window }

    /// As `provolatile` has it.
    package enum Volatility: String, Sendable {
        /// The same for the same arguments, in every statement.
        case immutable = "i"
        /// The same through one statement.
        case stable = "s"
        /// Another one each time.
        case volatile = "v"
    }

    package let name: String
    package let kind: Kind
    /// One sentence in Markdown, without a full stop.
    package let summary: String
    package var volatility = Volatility.immutable

    /// One way to call it.
    package struct Signature: Sendable {
        package let function: ShownFunction
        package let arguments: [ColumnType]
        /// Nil where the types of the arguments alone do not tell.
        package let result: ColumnType?
        /// NULL comes of a NULL, whichever argument is one.
        package let isStrict: Bool
    }
}
