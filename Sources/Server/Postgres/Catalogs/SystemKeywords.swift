internal import ColumnStore
internal import Query

/// The rows of `pg_get_keywords()`, by which clients find out what to quote: PostgreSQL 15's, whose words are no names here either.
enum SystemKeywords {
    private struct Group {
        /// PostgreSQL's `catcode`.
        let code: String
        /// Whether it may name a column without AS.
        let isBare: Bool
        let meaning: String
        let words: String
    }

    static let table: MemoryTable = {
        let fields = [Field("word", .string), Field("catcode", .string), Field("barelabel", .boolean), Field("catdesc", .string), Field("baredesc", .string)]
        var builders = fields.map { ColumnBuilder(type: $0.type) }
        let rows = groups.flatMap { group in group.words.split(whereSeparator: \.isWhitespace).map { (String($0), group) } }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        for (word, group) in rows {
            let cells: [Value] = [
                .string(word), .string(group.code), .boolean(group.isBare), .string(group.meaning), .string(group.isBare ? "can be bare label" : "requires AS"),
            ]
            for (index, cell) in cells.enumerated() { builders[index].append(cell) }
        }
        return MemoryTable(
            schema: Schema(fields), batches: [ColumnBatch(rowCount: rows.count, columns: builders.indices.map { builders[$0].finish() })], declaredTypes: ["catcode": "char"])
    }()

    private static let groups = [
        Group(code: "U", isBare: true, meaning: "unreserved", words: """
        abort absolute access action add admin after aggregate also alter always asensitive assertion assignment at atomic attach attribute backward before
        begin breadth by cache call called cascade cascaded catalog chain characteristics checkpoint class close cluster columns comment comments commit
        committed compression configuration conflict connection constraints content continue conversion copy cost csv cube current cursor cycle data database
        deallocate declare defaults deferred definer delete delimiter delimiters depends depth detach dictionary disable discard document domain double drop
        each enable encoding encrypted enum escape event exclude excluding exclusive execute explain expression extension external family finalize first
        following force forward function functions generated global granted groups handler header hold identity if immediate immutable implicit import include
        including increment index indexes inherit inherits inline input insensitive insert instead invoker isolation key label language large last leakproof
        level listen load local location lock locked logged mapping match matched materialized maxvalue merge method minvalue mode move name names new next
        nfc nfd nfkc nfkd no normalized nothing notify nowait nulls object of off oids old operator option options ordinality others overriding owned owner
        parallel parameter parser partial partition passing password plans policy preceding prepare prepared preserve prior privileges procedural procedure
        procedures program publication quote range read reassign recheck recursive ref referencing refresh reindex relative release rename repeatable replace
        replica reset restart restrict return returns revoke role rollback rollup routine routines rows rule savepoint schema schemas scroll search security
        sequence sequences serializable server session set sets share show simple skip snapshot sql stable standalone start statement statistics stdin stdout
        storage stored strict strip subscription support sysid system tables tablespace temp template temporary text ties transaction transform trigger
        truncate trusted type types uescape unbounded uncommitted unencrypted unknown unlisten unlogged until update vacuum valid validate validator value
        version view views volatile whitespace work wrapper write xml yes zone
        """),
        Group(code: "U", isBare: false, meaning: "unreserved", words: """
        day filter hour minute month over second varying within without year
        """),
        Group(code: "R", isBare: true, meaning: "reserved", words: """
        all analyse analyze and any asc asymmetric both case cast check collate column constraint current_catalog current_date current_role current_time
        current_timestamp current_user default deferrable desc distinct do else end false foreign in initially lateral leading localtime localtimestamp not
        null only or placing primary references select session_user some symmetric table then trailing true unique user using variadic when
        """),
        Group(code: "R", isBare: false, meaning: "reserved", words: """
        array as create except fetch for from grant group having intersect into limit offset on order returning to union where window with
        """),
        Group(code: "T", isBare: true, meaning: "reserved (can be function or type name)", words: """
        authorization binary collation concurrently cross current_schema freeze full ilike inner is join left like natural outer right similar tablesample
        verbose
        """),
        Group(code: "T", isBare: false, meaning: "reserved (can be function or type name)", words: """
        isnull notnull overlaps
        """),
        Group(code: "C", isBare: true, meaning: "unreserved (cannot be function or type name)", words: """
        between bigint bit boolean coalesce dec decimal exists extract float greatest grouping inout int integer interval least national nchar none normalize
        nullif numeric out overlay position real row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement
        xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
        """),
        Group(code: "C", isBare: false, meaning: "unreserved (cannot be function or type name)", words: """
        char character precision
        """),
    ]
}
