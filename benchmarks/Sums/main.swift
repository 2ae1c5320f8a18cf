import ColumnStore
import Foundation
import Ingest
import Query

// Makes a store of sums alone: `till-sums [--bucket ENDPOINT] DATA COLD_FILES ROWS_OF_EACH NAME=FILE.parquet[,FILE.parquet…]…`; a file of sums of each file, whose columns are
// cast to the rollup's. With `--bucket ENDPOINT` first they lie in the bucket `benchmark` of an endpoint that believes every signature, below `store`.
// `benchmarks/rollups.py` makes the files.

var arguments = Array(CommandLine.arguments.dropFirst())[...]
var options = Engine.Options()
if arguments.first == "--bucket" {
    let endpoint = arguments.dropFirst().first
    arguments = arguments.dropFirst(2)
    let keys = StaticCredentials(AWSCredentials(accessKeyID: "key", secretAccessKey: "secret"))
    let bucket = try BucketEndpoint(url: "s3://benchmark/store", endpoint: endpoint, region: "us-east-1", isPathStyle: true)
    let client = BucketClient(bucket, region: "us-east-1", credentials: CredentialChain([keys]), transport: OutgoingClient(policy: nil))
    options.storages = BucketStorageFactory(client, cache: nil)
}
guard let path = arguments.popFirst(), let fileCount = arguments.popFirst().flatMap({ Int($0) }), let rowCount = arguments.popFirst().flatMap({ Int64($0) }) else {
    print("usage: till-sums [--bucket ENDPOINT] DATA COLD_FILES ROWS_OF_EACH NAME=FILE.parquet[,FILE.parquet…]…")
    exit(2)
}
/// The columns of each rollup that a store has from the start.
let columns = [
    "receipts_by_day": "CAST(day AS DATE) AS day, client_id, currency, receipts, CAST(revenue AS DECIMAL(38, 4)) AS revenue, CAST(tax AS DECIMAL(38, 4)) AS tax",
    "lines_by_category":
        "CAST(day AS DATE) AS day, category, currency, lines, CAST(quantity AS DECIMAL(38, 4)) AS quantity, CAST(amount AS DECIMAL(38, 4)) AS amount",
    "lines_by_product":
        "CAST(month AS DATE) AS month, product_code, currency, lines, CAST(quantity AS DECIMAL(38, 4)) AS quantity, CAST(amount AS DECIMAL(38, 4)) AS amount",
    "customers_by_month": "CAST(month AS DATE) AS month, receipts, customers",
]
do {
    let queries = QueryEngine(QueryEngine.Settings(threadCount: 1))
    var parts: [(rollup: String, sums: () throws -> ResultStream)] = []
    for argument in arguments {
        let sides = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2, let own = columns[sides[0]] else {
            print("no rollup of a new store: \(argument)")
            exit(2)
        }
        for file in sides[1].split(separator: ",") {
            let catalog = FixedCatalog(tables: [("sums", try ParquetTable(paths: [String(file)]))])
            parts.append((sides[0], { try queries.execute(try queries.prepare("SELECT \(own) FROM sums", in: QueryContext(catalog: catalog, now: 0))) }))
        }
    }
    let engine = try Engine(path: path, options: options)
    try SumsOnlyStore(engine).fill(coldFileCount: fileCount, rowCount: rowCount, parts: parts)
    try engine.close()
} catch {
    print("\(error)")
    exit(1)
}
