package import ColumnStore

/// What names mean to a query: the tables that the asking credential may see.
///
/// Names are exact bytes; the binder folds unquoted ones to lower case before it asks.
package protocol QueryCatalog: Sendable {
    func entry(named name: String) throws -> CatalogEntry?
    /// Tables and views, in the order that SHOW TABLES gives them.
    var entryNames: [String] { get }
    /// What the asker's protocol knows beside the store's own tables; nil: nothing.
    var dialect: (any CatalogDialect)? { get }
    /// Sums over a table that may be used in the place of its rows.
    func rollups(of table: String) -> [RollupOffer]
    /// Further schemas, whose relations are found by their schema's name alone, each with its relations' names.
    var schemas: [CatalogSchema] { get }
    func entry(named name: String, inSchema schema: String) throws -> CatalogEntry?
    /// What a rollup over a table would be declared over; nil where there can be none.
    func rollupBase(of table: String) -> RollupBase?
    /// The comments on an entry without a schema and on its columns; nil: none.
    func comments(on name: String) -> RelationComments?
    /// The comments on an entry of one of `schemas`; nil: none.
    func comments(on name: String, inSchema schema: String) -> RelationComments?
    /// The columns of a view in the schema of tables, as they were kept with its text; nil: its text says them.
    func storedColumns(ofView name: String) -> [Field]?
    /// The text of a view in the schema of tables: as somebody put it, or, of rows that are made otherwise, a SELECT that gives the same ones. Nil: the one that
    /// stands for it is its own, or there is none.
    func definition(ofView name: String) -> String?
    /// What reads XML for `xpath`; nil: nothing does.
    var xpath: (any XPathReading)? { get }
    /// Whose share of the disk the rows take that a query lays aside; nil: nobody's, and all that is left is theirs.
    var spillOwner: String? { get }
}

/// A schema beside the one that tables are in.
package struct CatalogSchema: Sendable {
    package let name: String
    package let entryNames: [String]

    package init(name: String, entryNames: [String]) { (self.name, self.entryNames) = (name, entryNames) }
}

extension QueryCatalog {
    package var schemas: [CatalogSchema] { [] }
    package func entry(named name: String, inSchema schema: String) throws -> CatalogEntry? { nil }
    package var dialect: (any CatalogDialect)? { nil }
    package func rollups(of table: String) -> [RollupOffer] { [] }
    package func rollupBase(of table: String) -> RollupBase? { nil }
    package func comments(on name: String) -> RelationComments? { nil }
    package func comments(on name: String, inSchema schema: String) -> RelationComments? { nil }
    package func storedColumns(ofView name: String) -> [Field]? { nil }
    package func definition(ofView name: String) -> String? { nil }
    package var xpath: (any XPathReading)? { nil }
    package var spillOwner: String? { nil }
}

/// Relations of other schemas, and names that mean something to clients of one protocol: ordinary tables and ordinary expressions, under names of its own.
package protocol CatalogDialect: Sendable {
    func entry(named name: String, inSchema schema: String) throws -> CatalogEntry?
    /// A schema whose relations are found without its name.
    var openSchema: String { get }
    /// Whether it has a relation that is found so: of the others nobody but its own functions knows, and a table may have the name of one.
    func isOpen(_ name: String) -> Bool
    /// The schemas that names without one are looked up in, as the session has set them: tables are found by their names alone where `public` is among them.
    var searchPath: [String] { get }
    /// Whether tables are found before what `openSchema` has.
    var findsTablesFirst: Bool { get }
    /// A function as an expression of its arguments, `$1`, `$2` …; nil for one that is none.
    func expression(of function: String, argumentCount: Int) -> String?
    /// Of a function's arguments those that a registry's names and numbers may stand for: names become numbers. None for most functions.
    func registries(ofArgumentsOf function: String, count: Int) -> [String?]
    /// What types a function's arguments have that nothing else says, by names that a cast may have; nil where that depends on others.
    func types(ofArgumentsOf function: String, count: Int) -> [String?]
    /// What is wrong with constants among a function's arguments, and which of them it is; nil for an argument that is no text, and where nothing is wrong.
    func fault(ofArguments texts: [String?], of function: String) -> (message: String, place: Int, cause: QueryError.Cause)?
    /// A function in FROM, as the rows that it gives whatever its arguments are; nil for one that is none.
    func rows(ofFunction name: String, argumentCount: Int) -> (any TableSource)?
    /// A type that a cast may name.
    func type(named name: String) -> ColumnType?
    /// Whether casts to `type` look a name up, as those to `regclass` do.
    func isRegistry(_ type: String) -> Bool
    /// The number of what has that name in a registry; nil where nothing has.
    func object(named name: String, in registry: String) throws -> Int64?
    /// How the object with that number is written; nil where there is none.
    func name(of number: Int64, in registry: String) -> String?
    /// The number of a relation, which its rows' `tableoid` says; a schema of nil is the one that tables are in.
    func number(ofRelation name: String, inSchema schema: String?) -> Int64?
    /// What may stand before a schema's name.
    var databaseName: String { get }
    /// How a type is written.
    func name(of type: ColumnType, declared: String?) -> String
    /// What the session's setting is; nil where there is none of that name.
    func setting(named name: String) -> String?
}

package enum CatalogEntry: Sendable {
    /// `scope` is put into the scan under everything: own rows only, `sequence` up to the snapshot's. No expression of the query is
    /// evaluated on a row that it leaves out.
    case table(any TableSource, scope: [ColumnFilter])
    /// The text of a SELECT over other entries. Cyclic views are refused.
    case view(query: String)
    /// Rows that a plan makes of others.
    case rows(any EntryRows)
}

/// What makes an entry's rows: `PlannedRows`, which knows plans.
package protocol EntryRows: Sendable {
    /// Its columns; none where it cannot be bound.
    var fields: [Field] { get }
}

/// Tables in memory under their names: tests, and files named on the command line.
package struct FixedCatalog: QueryCatalog {
    private let entries: [String: CatalogEntry]
    package let entryNames: [String]
    package var xpath: (any XPathReading)?

    package init(_ entries: [(name: String, entry: CatalogEntry)]) {
        self.entries = Dictionary(entries.map { ($0.name, $0.entry) }, uniquingKeysWith: { $1 })
        entryNames = entries.map(\.name)
    }

    package init(tables: [(name: String, source: any TableSource)]) {
        self.init(tables.map { ($0.name, .table($0.source, scope: [])) })
    }

    package func entry(named name: String) -> CatalogEntry? { entries[name] }
}

/// A value for `$1`, as JSON gave it.
package enum QueryParameter: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// A JSON number: a literal of its digits.
    case number(String)
    /// A JSON string: an untyped literal.
    case string(String)
    /// A value of a type of its own.
    case typed(Value, ColumnType)
    /// A literal of that type, which the session's settings help to read.
    case text(String, ColumnType)

    /// Texts by their bytes: they are anybody's.
    package static func == (left: QueryParameter, right: QueryParameter) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let own), .boolean(let other)): own == other
        case (.number(let own), .number(let other)), (.string(let own), .string(let other)): own.hasBytes(of: other)
        case (.typed(let own, let type), .typed(let other, let otherType)): own == other && type == otherType
        case (.text(let own, let type), .text(let other, let otherType)): own.hasBytes(of: other) && type == otherType
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .boolean(let value): hasher.combine(value)
        case .typed(let value, _): hasher.combine(value)
        case .number(let text), .string(let text), .text(let text, _): hasher.combine(Array(text.utf8))
        }
    }
}

/// What types the parameters of a query have, for a query whose values nobody has given yet: those that were said, and those that their places want.
package final class ParameterTypes {
    /// By number, from 1.
    package private(set) var types: [Int: ColumnType]
    /// The greatest number that was mentioned.
    package private(set) var count: Int
    /// What a dialect calls them, where the types here do not tell.
    package private(set) var declared: [Int: String] = [:]

    package init(_ types: [Int: ColumnType] = [:]) {
        self.types = types
        count = types.keys.max() ?? 0
    }

    /// An untyped literal that no text can be: its first byte is zero.
    func mention(_ number: Int) -> [UInt8] {
        count = max(count, number)
        return [0] + Array(String(number).utf8)
    }

    /// Which parameter an untyped literal stands for.
    static func number(_ literal: [UInt8]) -> Int? { literal.first == 0 ? Int(String(decoding: literal.dropFirst(), as: UTF8.self)) : nil }

    /// Its first place says what it is.
    func settle(_ number: Int, as type: ColumnType) { if types[number] == nil { types[number] = type } }

    /// Its first place is a cast to a type of that name.
    func declare(_ number: Int, as name: String) { if types[number] == nil { declared[number] = name } }

    /// The place that said its type has values of that name beside it.
    func redeclare(_ number: Int, as name: String) { if declared[number] == nil { declared[number] = name } }
}

/// All that a query's meaning depends on besides its text and its tables.
package struct QueryContext: Sendable {
    package var catalog: any QueryCatalog
    package var parameters: [QueryParameter]
    /// An IANA name.
    package var timeZone: String
    /// now(), in microseconds since 1970: the same through all pages of a walk.
    package var now: Int64
    /// How values are written where they become texts.
    package var forms = ValueForms.plain
    /// How dates in texts are read.
    package var dateOrder = DateOrder.mdy
    /// Whether sums that are there already may be used; the answer is the same either way.
    package var usesRollups = true
    /// Whether a rollup's table has one row a group: where an answer must not depend on how files lie.
    package var readsWholeSums = false
    /// The caller's session, at a door that has sessions.
    package var session: (any QuerySession)?
    /// What a dialect calls the types of parameters, by number from 1, where the types here do not tell.
    package var declaredParameters: [Int: String] = [:]
    /// The tables that its catalog makes for the statement; a statement has its own.
    package var made = MadeTables()
    /// Where only types are asked for, and no values are given.
    package nonisolated(unsafe) var parameterTypes: ParameterTypes?

    package init(catalog: any QueryCatalog, parameters: [QueryParameter] = [], timeZone: String = "UTC", now: Int64) {
        self.catalog = catalog
        self.parameters = parameters
        self.timeZone = timeZone
        self.now = now
    }

    var isUTC: Bool { Self.isUTC(timeZone) }

    /// Whether a zone of this name is UTC at all times.
    static func isUTC(_ zone: String) -> Bool { ["UTC", "Etc/UTC", "GMT", "Z", "Etc/GMT", "Zulu", "Etc/Zulu"].contains(zone) }
}
