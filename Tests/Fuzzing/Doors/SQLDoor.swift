import ColumnStore
import Query

/// A question's text, as a client may send it: read, bound, planned and run.
extension Door {
    static let sql = Door(
        name: "sql", seeds: { GoldenQueries.all.map { Array($0.utf8) } }, words: { SQLWords.all },
        fuzz: { bytes in
            // As JSON would hand it over.
            guard UTF8Check.firstFault(in: bytes.bindMemory(to: UInt8.self)) == nil else { return }
            try SQLTrial.answer(String(decoding: bytes, as: UTF8.self))
        })
}

/// What questions are made of: each word of the golden ones once, names of functions, and values at the ends of their types.
enum SQLWords {
    static let all: [String] = {
        var words: Set<String> = []
        for query in GoldenQueries.all {
            for word in query.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }) where word.utf8.count <= 24 { words.insert(String(word)) }
        }
        return (words.sorted() + FunctionRegistry.names.sorted().map { $0 + "(" } + SQLValues.literals.flatMap(\.texts) + marks).filter { $0.utf8.count <= 60 }
    }()

    private static let marks = [
        "(", ")", ",", "::", "||", "<=", ">=", "<>", "~", "!~*", " is not distinct from ", " over (partition by ", " rows between unbounded preceding and ",
        " range between 1 preceding and 1 following", " within group (order by ", " filter (where ", " group by grouping sets ((), ", " rollup (", " cube (",
        " union all select ", " intersect all select ", " except select ", " order by 1 desc nulls last", " limit 9223372036854775807 offset 1", " lateral ",
        " cross join unnest(r.lines) as l", " with ordinality ", " with recursive ", " exists (select ", " in (select ", "'", "\"", "$1", "--", "/*", "*/", ";",
        "e'\\u0000'", "case when ", " then ", " else ", " end", "generate_series(1, 100)", " at time zone 'America/New_York'", " tablesample ",
    ]
}
