import Foundation

func complain(_ message: String) { FileHandle.standardError.write(Data("till-load: \(message)\n".utf8)) }

if CommandLine.arguments.contains("--help") {
    print(Options.help)
    exit(0)
}
guard let options = Options(Array(CommandLine.arguments.dropFirst()), complain: complain) else { exit(2) }
guard let data = options.file == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: options.file) else {
    complain("cannot read \(options.file)")
    exit(1)
}

let driver = Driver(options: options, bytes: Array(data))
guard driver.run() else {
    complain("cannot connect to 127.0.0.1:\(options.port)")
    exit(1)
}

func milliseconds(_ microseconds: Int) -> String { String(format: "%.2f", Double(microseconds) / 1_000) }

func describe(_ name: String, _ histogram: Histogram) -> String {
    let shares = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)]
    let figures = shares.map { "\"\($0.0)_ms\":\(milliseconds(histogram.percentile($0.1)))" }.joined(separator: ",")
    return "\"\(name)\":{\"count\":\(histogram.total),\(figures),\"max_ms\":\(milliseconds(histogram.maximum))}"
}

let answered = driver.posts.total + driver.gets.total
let statuses = driver.statuses.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
print(
    "{\"connections\":\(options.connections),\"rate\":\(options.rate),\"seconds\":\(String(format: "%.2f", driver.elapsed)),"
        + "\"per_second\":\(String(format: "%.1f", Double(answered) / driver.elapsed)),\(describe("post", driver.posts)),"
        + "\(describe("get", driver.gets)),\"statuses\":{\(statuses)},\"broken\":\(driver.brokenCount),\"out_of_lines\":\(driver.isOutOfLines)}")
