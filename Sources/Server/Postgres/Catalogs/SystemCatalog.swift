internal import ColumnStore
internal import Query
internal import Synchronization

/// What the catalogs say of the session that asks.
struct SystemSession: Sendable {
    var user: String
    var database: String
    var processID: Int32
    /// Nil: none are set.
    var settings: SessionSettings?
    /// Nil: it holds nothing.
    var holdings: SessionHoldings?
    /// The text that it sent; nil where nobody asks.
    var asked: String?
    /// Whether it speaks TLS.
    var isEncrypted = false
    /// When its door was opened.
    var serverBeganAt = CalendarText.now
    /// When it came.
    let beganAt = CalendarText.now

    var path: SearchPath { SearchPath(settings?["search_path"]) }

    var version: String { "PostgreSQL 15.0 (Till \(TillVersion.text))" }
}

/// A store's catalog with PostgreSQL's beside it: relations of `pg_catalog` in the planner like all others, with rows for what this asker may see.
struct SystemCatalog: QueryCatalog, CatalogDialect {
    private let base: any QueryCatalog
    private var session: SystemSession
    private let names = RelationNames()

    init(_ base: any QueryCatalog, _ session: SystemSession) { (self.base, self.session) = (base, session) }

    /// The same with what is set and held now.
    ///
    /// - Parameter asked: the text of the question at hand.
    func with(_ settings: SessionSettings, _ holdings: SessionHoldings?, asked: String?) -> SystemCatalog {
        var catalog = self
        (catalog.session.settings, catalog.session.holdings, catalog.session.asked) = (settings, holdings, holdings?.message ?? asked)
        // Tables may have come since the last question. Plans that a transaction keeps look at these names, too.
        names.forget()
        return catalog
    }

    func setting(named name: String) -> String? { session.settings?[name] }

    // MARK: The store's own

    func entry(named name: String) throws -> CatalogEntry? { try base.entry(named: name) }
    var entryNames: [String] { base.entryNames }
    func rollups(of table: String) -> [RollupOffer] { base.rollups(of: table) }
    func rollupBase(of table: String) -> RollupBase? { base.rollupBase(of: table) }
    func comments(on name: String) -> RelationComments? { base.comments(on: name) }
    func comments(on name: String, inSchema schema: String) -> RelationComments? { base.comments(on: name, inSchema: schema) }
    func storedColumns(ofView name: String) -> [Field]? { base.storedColumns(ofView: name) }
    func definition(ofView name: String) -> String? { base.definition(ofView: name) }
    var xpath: (any XPathReading)? { base.xpath }
    var spillOwner: String? { base.spillOwner }
    var dialect: (any CatalogDialect)? { self }
    var schemas: [CatalogSchema] { base.schemas }

    // MARK: PostgreSQL's

    var openSchema: String { "pg_catalog" }
    func isOpen(_ name: String) -> Bool { SystemRelation.byName[name] != nil }
    var searchPath: [String] { session.path.schemas }
    var findsTablesFirst: Bool { session.path.hasTablesFirst }

    func entry(named name: String, inSchema schema: String) throws -> CatalogEntry? {
        guard schema == "pg_catalog" else { return try base.entry(named: name, inSchema: schema) }
        if let table = try SystemLookups.table(named: name, base, session) { return .table(table, scope: []) }
        guard let relation = SystemRelation.byName[name] else { return nil }
        return .table(relation.table(try SystemRows(base, session).rows(of: relation)), scope: [])
    }

    func expression(of function: String, argumentCount: Int) -> String? { SystemFunctions.expression(function, argumentCount, session) }

    func rows(ofFunction name: String, argumentCount: Int) -> (any TableSource)? {
        if name == "pg_get_keywords", argumentCount == 0 { return SystemKeywords.table }
        if argumentCount == 0, let relation = SystemRelation.relationsOfFunctions[name].flatMap({ SystemRelation.byName[$0] }) {
            // None of them reads the store, so that none throws.
            guard let rows = try? SystemRows(base, session).rows(of: relation) else { return nil }
            return relation.table(rows)
        }
        return SystemRelation.emptyFunctions[name].flatMap { $0.argumentCount == argumentCount ? $0.table : nil }
    }

    func type(named name: String) -> ColumnType? {
        switch name {
        case "oid", "xid", "cid": .int64
        case "name", "char", "bpchar", "pg_node_tree", "aclitem", "cstring", "unknown", "void": .string
        default: nil
        }
    }

    private static let registries: Set<String> = [
        "regclass", "regtype", "regnamespace", "regrole", "regproc", "regprocedure", "regoper", "regoperator", "regcollation",
    ]

    func isRegistry(_ type: String) -> Bool { Self.registries.contains(type) }

    /// Longer than any name, or types of any function.
    private static let namedByteCountMax = 8 << 10

    func object(named name: String, in registry: String) throws -> Int64? {
        // Parameters of Bind are texts of any length.
        guard name.utf8.count <= Self.namedByteCountMax, !CombiningMarks.hasLongRun(name) else { return nil }
        switch registry {
        case "regclass":
            var parts = name.split(separator: ".", omittingEmptySubsequences: false).map { String($0).trimmingQuotes }
            if parts.count == 3, parts[0] == session.database { parts.removeFirst() }
            if parts.count == 2, parts[0] == "pg_catalog" { return SystemRelation.byName[parts[1]]?.number }
            if parts.count == 2, parts[0] == "information_schema" { return InformationSchema.byName[parts[1]]?.number }
            let isQualified = parts.count == 2 && parts[0] == "public"
            if isQualified { parts.removeFirst() }
            let known = names.known(of: base)
            if parts.count == 2, let members = known.others[parts[0]] {
                return members.contains(parts[1]) ? SystemNumber.relation(parts[1], inSchema: parts[0]) : nil
            }
            guard parts.count == 1 else { return nil }
            guard isQualified || session.path.hasTables else { return SystemRelation.byName[parts[0]]?.number }
            if !isQualified, !session.path.hasTablesFirst, let relation = SystemRelation.byName[parts[0]] { return relation.number }
            if known.own.contains(parts[0]) { return SystemNumber.relation(parts[0]) }
            if parts[0].hasSuffix("_pkey"), case let table = String(parts[0].dropLast(5)), known.own.contains(table), case .table(let source, _)? = try base.entry(named: table),
                SystemRows.hasKey(table, source.schema.fields)
            {
                return SystemNumber.index(of: table)
            }
            return SystemRelation.byName[parts[0]]?.number
        case "regtype": return SystemType.number(named: name) ?? rowType(named: name) ?? Self.quotedType(name)
        case "regnamespace":
            let plain = name.trimmingQuotes
            return SystemRows.namespaces(base).first { $0.name == plain }?.number
        case "regproc": return SystemProcedure.number(named: Self.unquoted(name))
        case "regprocedure": return SystemProcedure.number(signed: name) ?? SystemProcedure.number(named: Self.unquoted(String(name.prefix { $0 != "(" })))
        case "regrole":
            // What a contract is called may have capitals, and was taken without quotes.
            let isAsker = name == session.user || name.trimmingQuotes == session.user
            return isAsker ? SystemNumber.asker : name.trimmingQuotes == SystemRows.owner ? SystemNumber.owner : nil
        case "regcollation":
            let plain = Self.unquoted(name).trimmingPrefix("pg_catalog.")
            return SystemRows.collationNames.first { $0.name == plain }?.number
        default: return nil
        }
    }

    /// A dotted name out of its quotes, what has none in lower case.
    private static func unquoted(_ name: String) -> String { name.split(separator: ".", omittingEmptySubsequences: false).map { String($0).trimmingQuotes }.joined(separator: ".") }

    /// A type by its name in the catalog, as quotes say it: `"pg_catalog"."int4"`, but not `"integer"`.
    private static func quotedType(_ name: String) -> Int64? { name.contains("\"") ? SystemType.byName[String(unquoted(name).trimmingPrefix("pg_catalog."))]?.number : nil }

    func name(of number: Int64, in registry: String) -> String? {
        switch registry {
        case "regclass":
            if let relation = SystemRelation.all.first(where: { $0.number == number }) { return relation.name }
            if let relation = InformationSchema.all.first(where: { $0.number == number }) { return "information_schema.\(relation.name)" }
            let before = session.path.hasTables ? "" : "public."
            if let name = base.entryNames.first(where: { SystemNumber.relation($0) == number }) { return before + Self.quoted(name) }
            for schema in base.schemas {
                if let name = schema.entryNames.first(where: { SystemNumber.relation($0, inSchema: schema.name) == number }) { return "\(schema.name).\(name)" }
            }
            return base.entryNames.first { SystemNumber.index(of: $0) == number }.map { before + Self.quoted("\($0)_pkey") }
        case "regtype": return SystemType.byNumber[number]?.shown ?? rowTypeName(of: number)
        case "regnamespace": return SystemRows.namespaces(base).first { $0.number == number }?.name
        case "regrole": return number == SystemNumber.asker ? session.user : number == SystemNumber.owner ? SystemRows.owner : nil
        // All of them have capitals, or are a word of the language.
        case "regcollation": return SystemRows.collationNames.first { $0.number == number }.map { "\"\($0.name)\"" }
        case "regproc": return SystemProcedure.name(of: number)
        case "regprocedure": return SystemProcedure.signature(of: number)
        default: return nil
        }
    }

    /// The type of a relation's rows, or of lists of them, by the relation's name: `receipts`, `till.tickets[]`.
    private func rowType(named name: String) -> Int64? {
        let isList = name.hasSuffix("[]")
        var parts = (isList ? name.dropLast(2) : name[...]).split(separator: ".", omittingEmptySubsequences: false).map { String($0).trimmingQuotes }
        let known = names.known(of: base)
        if parts.count == 2, known.others[parts[0]]?.contains(parts[1]) == true {
            return isList ? SystemNumber.rowList(of: parts[1], inSchema: parts[0]) : SystemNumber.rowType(of: parts[1], inSchema: parts[0])
        }
        if parts.count == 2, parts[0] == "public" { parts.removeFirst() } else if !session.path.hasTables { return nil }
        guard parts.count == 1, known.own.contains(parts[0]) else { return nil }
        return isList ? SystemNumber.rowList(of: parts[0], inSchema: nil) : SystemNumber.rowType(of: parts[0], inSchema: nil)
    }

    private func rowTypeName(of number: Int64) -> String? {
        func found(_ names: [String], in schema: String?, before: String) -> String? {
            for name in names {
                if SystemNumber.rowType(of: name, inSchema: schema) == number { return before + Self.quoted(name) }
                if SystemNumber.rowList(of: name, inSchema: schema) == number { return before + Self.quoted(name) + "[]" }
            }
            return nil
        }
        if let name = found(base.entryNames, in: nil, before: session.path.hasTables ? "" : "public.") { return name }
        for schema in base.schemas { if let name = found(schema.entryNames, in: schema.name, before: "\(schema.name).") { return name } }
        return nil
    }

    /// A name as SQL writes it.
    static func quoted(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
        return isPlain && name.utf8.first.map { $0 > 0x39 } == true ? name : "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    func number(ofRelation name: String, inSchema schema: String?) -> Int64? {
        SystemNumber.relation(name, ofSchema: schema)
    }

    func registries(ofArgumentsOf function: String, count: Int) -> [String?] { SystemFunctions.registries(function, count) }

    func fault(ofArguments texts: [String?], of function: String) -> (message: String, place: Int, cause: QueryError.Cause)? {
        SystemRights.fault(texts, of: function, roles: [session.user, SystemRows.owner])
    }

    func types(ofArgumentsOf function: String, count: Int) -> [String?] { SystemFunctions.types(function, count) }

    var databaseName: String { session.database }

    func name(of type: ColumnType, declared: String?) -> String {
        // Lists of lists are called as lists are.
        if case .list(let element) = type, case .list = element.type { return name(of: element.type, declared: declared) }
        let shape = AnswerColumns.described(ResultColumn(name: "", type: type, declared: declared))
        return declared.flatMap { isRegistry($0) ? $0 : nil } ?? SystemType.byNumber[Int64(shape.type)]?.shown
            ?? PostgresType.element(ofArray: shape.type).flatMap { SystemType.byNumber[Int64($0.rawValue)] }.map { "\($0.shown)[]" } ?? type.sqlName
    }
}

/// What the relations are called, for one question: the store makes its lists anew each time it is asked, and each text of a row may name one.
private final class RelationNames: Sendable {
    struct Known {
        let own: Set<String>
        /// By their schemas.
        let others: [String: Set<String>]
    }

    private let made = Mutex<Known?>(nil)

    func known(of base: any QueryCatalog) -> Known {
        made.withLock { made in
            if let made { return made }
            let others = base.schemas.map { ($0.name, Set($0.entryNames)) }
            let known = Known(own: Set(base.entryNames), others: Dictionary(others, uniquingKeysWith: { first, _ in first }))
            made = known
            return known
        }
    }

    func forget() { made.withLock { $0 = nil } }
}

extension String {
    /// A name as SQL has it in double quotes, out of them; others in lower case.
    fileprivate var trimmingQuotes: String {
        hasPrefix("\"") && hasSuffix("\"") && count >= 2 ? String(dropFirst().dropLast()).replacing("\"\"", with: "\"") : lowercased()
    }
}

/// Numbers of what the store has, which have none of their own: made of names, so that they are the same in each session and after each start.
enum SystemNumber {
    /// PostgreSQL's first for what users make.
    static let first: Int64 = 16_384
    static let owner: Int64 = 10
    static let asker: Int64 = 16_383

    static func relation(_ name: String) -> Int64 { number("relation", name) }
    /// Of one that is found by its schema's name alone: beyond all others, so that its number tells that.
    static func relation(_ name: String, inSchema schema: String) -> Int64 { firstForeign + number("relation", "\(schema).\(name)") % foreignCount }
    /// As clients look it up in `pg_class`; nil for what is not there.
    static func relation(_ origin: ColumnOrigin) -> UInt32? {
        relation(origin.relation, ofSchema: origin.schema).flatMap { UInt32(exactly: $0) }
    }
    /// - Parameter schema: nil for the one that tables are in.
    static func relation(_ name: String, ofSchema schema: String?) -> Int64? {
        switch schema {
        case nil: relation(name)
        case "pg_catalog": SystemRelation.byName[name]?.number
        case "information_schema": InformationSchema.byName[name]?.number
        case let schema?: relation(name, inSchema: schema)
        }
    }
    static func schema(_ name: String) -> Int64 { number("schema", name) }
    static let firstForeign: Int64 = 2_000_100_000
    /// Below the end of 31 bits.
    private static let foreignCount: Int64 = 100_000_000
    static func index(of table: String) -> Int64 { number("index", table) }
    static func procedure(_ name: String, _ arguments: [Int64]) -> Int64 { number("procedure", "\(name) \(arguments)") }
    static func constraint(of table: String) -> Int64 { number("constraint", table) }
    /// Of the rule that a view is.
    static func rule(of view: String, inSchema schema: String?) -> Int64 { number("rule", schema.map { "\($0).\(view)" } ?? view) }
    /// Of the type that a relation's rows have.
    static func rowType(of relation: String, inSchema schema: String?) -> Int64 { number("row", schema.map { "\($0).\(relation)" } ?? relation) }

    /// Of that of lists of them.
    static func rowList(of relation: String, inSchema schema: String?) -> Int64 { number("rows", schema.map { "\($0).\(relation)" } ?? relation) }

    /// FNV-1a (Fowler, Noll, Vo), folded to 31 bits: a number is an Int32 to some clients.
    private static func number(_ kind: String, _ name: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in Array("\(kind) \(name)".utf8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return first + Int64(truncatingIfNeeded: (hash ^ hash >> 32) % 2_000_000_000)
    }
}
