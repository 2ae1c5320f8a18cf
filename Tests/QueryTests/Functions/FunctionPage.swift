import Foundation
import TestSupport

@testable import Query

/// The tables of docs/sql-functions.md, which are made of what functions say of themselves: below a topic's heading a row for each of its functions. What stands
/// around the tables is written by hand.
enum FunctionPage {
    static let file = Project.root.appendingPathComponent("docs/sql-functions.md")
    private static let head = "| function | what |"

    /// Names that are one function's, and what it does.
    private static let tables: [(title: String, rows: [(names: [String], summary: String)])] =
        FunctionRegistry.topics.map { topic in (topic.title, topic.functions.map { ($0.names, $0.summary) }) } + [
            ("Rows", grouped(FunctionRegistry.shownRowFunctions)), ("Aggregates", grouped(FunctionRegistry.shownAggregates)),
            ("Over windows", grouped(FunctionRegistry.shownWindows)),
        ]

    /// What is said in the same words stands in one row.
    private static func grouped(_ functions: [ShownFunction]) -> [(names: [String], summary: String)] {
        var rows: [(names: [String], summary: String)] = []
        for function in functions {
            if let row = rows.firstIndex(where: { $0.summary == function.summary }) { rows[row].names.append(function.name) } else { rows.append(([function.name], function.summary)) }
        }
        return rows
    }

    /// `page` with every table as it is to be; a topic without its heading and table is left out, which `missing` tells.
    static func made(of page: String) -> String {
        var lines: [String] = []
        var title = "", isInTable = false
        for line in page.components(separatedBy: "\n") {
            if line.hasPrefix("## ") { title = String(line.dropFirst(3)) }
            if isInTable, line.hasPrefix("| ") { continue }
            isInTable = false
            lines.append(line)
            guard line == head, let table = tables.first(where: { $0.title == title }) else { continue }
            isInTable = true
            lines.append("| --- | --- |")
            lines += table.rows.map { row in
                // A bar ends a cell, in code too.
                "| \(row.names.map { "`\($0)`" }.joined(separator: ", ")) | \(row.summary.replacing("|", with: "\\|")) |"
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Topics that the page has no table of.
    static func missing(in page: String) -> [String] {
        let sections = page.components(separatedBy: "\n## ").dropFirst()
        let shown = sections.filter { $0.contains("\n\(head)\n") }.compactMap { $0.components(separatedBy: "\n").first }
        return tables.map(\.title).filter { !shown.contains($0) }
    }
}
