-- Statements in the manner of Grafana, Metabase, DBeaver, Power BI and Tableau, none of which can be installed here: as their macros and drivers write them, of their documentation and
-- published sources. asked_dashboards.py asks them; a line that ends in a semicolon ends one.

-- Grafana
SELECT date_trunc('day', "issued_at") AS "time", sum("total") AS "value" FROM receipts WHERE "issued_at" BETWEEN '2026-11-01T00:00:00Z' AND '2026-11-30T23:59:59.999Z' GROUP BY 1 ORDER BY 1;
SELECT floor(extract(epoch from issued_at)/3600)*3600 AS "time", count(*) AS "value" FROM receipts WHERE issued_at >= to_timestamp(1793491200) AND issued_at <= to_timestamp(1796083199) GROUP BY 1 ORDER BY 1;
SELECT (extract(epoch from issued_at)::bigint/300)*300 AS time, client_id AS metric, avg(total) FROM receipts WHERE extract(epoch from issued_at) BETWEEN 1793491200 AND 1796083199 GROUP BY time, metric ORDER BY time;
SELECT extract(epoch from issued_at) as "time", total FROM receipts WHERE issued_at > '2026-11-12T00:00:00Z'::timestamptz ORDER BY 1 LIMIT 3;
SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS t FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', 'till') AND quote_ident(table_name) = 'receipts' ORDER BY 1;
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns WHERE CASE WHEN array_length(parse_ident('receipts'),1) = 2 THEN quote_ident(table_schema) = (parse_ident('receipts'))[1] AND quote_ident(table_name) = (parse_ident('receipts'))[2] ELSE quote_ident(table_name) = 'receipts' AND quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END FROM generate_series(array_lower(string_to_array(current_setting('search_path'),','),1), array_upper(string_to_array(current_setting('search_path'),','),1)) AS i, string_to_array(current_setting('search_path'),',') s) END ORDER BY 1;
SELECT current_setting('server_version_num')::int/100 AS version;
SELECT to_char(date_trunc('hour', issued_at AT TIME ZONE 'Europe/Kyiv'), 'YYYY-MM-DD HH24:MI') AS h, count(*) FROM receipts GROUP BY 1 ORDER BY 1;
SELECT date_bin('15 minutes', issued_at, TIMESTAMP WITH TIME ZONE '2001-01-01 00:00:00+00') AS "time", max(total) AS "max" FROM receipts GROUP BY "time" ORDER BY "time" ASC LIMIT 100;
SELECT width_bucket(total, 60, 70, 5) AS bucket, count(*) FROM receipts GROUP BY bucket ORDER BY bucket;
SELECT "time", "v" FROM (SELECT issued_at AS "time", total - lag(total) OVER (ORDER BY issued_at) AS v FROM receipts) q WHERE v IS NOT NULL ORDER BY "time";
SELECT time_bucket.t AS time, coalesce(sum(r.total), 0) AS value FROM generate_series('2026-11-10T00:00:00Z'::timestamptz, '2026-11-16T00:00:00Z'::timestamptz, '1d') AS time_bucket(t) LEFT JOIN receipts r ON date_trunc('day', r.issued_at) = time_bucket.t GROUP BY 1 ORDER BY 1;
SELECT ("issued_at" AT TIME ZONE 'UTC')::date AS d, percentile_cont(0.95) WITHIN GROUP (ORDER BY total) AS p95 FROM receipts GROUP BY d ORDER BY d;

-- Metabase
SELECT "public"."receipts"."receipt_id" AS "receipt_id", "public"."receipts"."total" AS "total" FROM "public"."receipts" ORDER BY "public"."receipts"."receipt_id" ASC LIMIT 1048575;
SELECT count(*) AS "count" FROM "public"."receipts";
SELECT CAST("public"."receipts"."issued_at" AS date) AS "issued_at", SUM("public"."receipts"."total") AS "sum" FROM "public"."receipts" GROUP BY CAST("public"."receipts"."issued_at" AS date) ORDER BY CAST("public"."receipts"."issued_at" AS date) ASC;
SELECT DATE_TRUNC('month', "public"."receipts"."issued_at" AT TIME ZONE 'Europe/Kyiv') AS "m", COUNT(*) AS "count" FROM "public"."receipts" WHERE "public"."receipts"."issued_at" >= DATE_TRUNC('month', CAST('2026-11-15 10:00:00+00' AS timestamp with time zone) + INTERVAL '-1 month') AND "public"."receipts"."issued_at" < DATE_TRUNC('month', CAST('2026-11-15 10:00:00+00' AS timestamp with time zone) + INTERVAL '1 month') GROUP BY 1 ORDER BY 1 ASC;
SELECT "source"."client_id" AS "client_id", COUNT(DISTINCT "source"."customer_id") AS "count" FROM (SELECT "public"."receipts"."client_id" AS "client_id", "public"."receipts"."customer_id" AS "customer_id" FROM "public"."receipts") AS "source" GROUP BY "source"."client_id" ORDER BY "source"."client_id" ASC;
SELECT CAST(EXTRACT(dow FROM "public"."receipts"."issued_at") AS integer) + 1 AS "dow", COUNT(*) FROM "public"."receipts" GROUP BY CAST(EXTRACT(dow FROM "public"."receipts"."issued_at") AS integer) + 1 ORDER BY 1;
SELECT (CAST(DATE_TRUNC('week', CAST("public"."receipts"."issued_at" AS timestamp) + INTERVAL '1 day') AS timestamp) + INTERVAL '-1 day') AS "w", COUNT(*) AS "count" FROM "public"."receipts" GROUP BY 1 ORDER BY 1 ASC;
SELECT FLOOR((("public"."receipts"."total" - 60.0) / 2.0)) * 2.0 + 60.0 AS "total", COUNT(*) AS "count" FROM "public"."receipts" GROUP BY 1 ORDER BY 1 ASC;
SELECT "public"."receipts"."receipt_id" FROM "public"."receipts" WHERE (LOWER("public"."receipts"."receipt_id") LIKE '%r-1%') AND ("public"."receipts"."total" <> 0 OR "public"."receipts"."total" IS NULL) LIMIT 2000;
SELECT AVG("public"."receipts"."total") AS "avg", MIN("public"."receipts"."total") AS "min", MAX("public"."receipts"."total") AS "max" FROM "public"."receipts";
SELECT SUBSTRING("public"."receipts"."receipt_id", 1, 1234) AS "substring7" FROM "public"."receipts" ORDER BY 1 LIMIT 3;
SELECT n.nspname AS schema, c.relname AS name, CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' ELSE 'OTHER' END AS type, d.description AS description FROM pg_catalog.pg_class AS c INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid LEFT JOIN pg_catalog.pg_description AS d ON c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass WHERE c.relnamespace = n.oid AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'f', 'm') AND c.relname = 'receipts' ORDER BY type, schema, name;
SELECT c.column_name AS name, c.udt_name AS "database-type", c.ordinal_position - 1 AS "database-position", c.table_schema AS "table-schema", c.table_name AS "table-name", pk.column_name IS NOT NULL AS "pk?", COL_DESCRIPTION(CAST(CAST(FORMAT('%I.%I', CAST(c.table_schema AS TEXT), CAST(c.table_name AS TEXT)) AS REGCLASS) AS OID), c.ordinal_position) AS "field-comment", (c.is_nullable = 'NO') AND (c.column_default IS NULL) AS "database-required", ((c.column_default IS NOT NULL) AND LOWER(c.column_default) LIKE '%nextval%') OR (c.is_identity = 'YES') AS "database-is-auto-increment" FROM information_schema.columns AS c LEFT JOIN (SELECT tc.table_schema, tc.table_name, kc.column_name FROM information_schema.table_constraints AS tc INNER JOIN information_schema.key_column_usage AS kc ON tc.constraint_name = kc.constraint_name AND tc.table_schema = kc.table_schema AND tc.table_name = kc.table_name WHERE tc.constraint_type = 'PRIMARY KEY') AS pk ON c.table_schema = pk.table_schema AND c.table_name = pk.table_name AND c.column_name = pk.column_name WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND c.table_name IN ('receipts') ORDER BY "table-schema", "table-name", "database-position";
SELECT fk_ns.nspname AS "fk-table-schema", fk_table.relname AS "fk-table-name" FROM pg_constraint AS c INNER JOIN pg_class AS fk_table ON c.conrelid = fk_table.oid INNER JOIN pg_namespace AS fk_ns ON c.connamespace = fk_ns.oid WHERE c.contype = 'f' AND fk_ns.nspname !~ '^information_schema|catalog_history|pg_' ORDER BY 1, 2;
SELECT nspname, typname FROM pg_type AS t INNER JOIN pg_namespace AS n ON n.oid = t.typnamespace WHERE t.oid IN (SELECT DISTINCT e.enumtypid FROM pg_enum AS e);
SELECT "public"."receipts"."lines" #>> ARRAY['0', 'name']::text[] AS "n", ("public"."receipts"."lines" #>> ARRAY['0', 'price'])::decimal AS "p" FROM "public"."receipts" ORDER BY 2, 1;
SELECT CASE WHEN "total" > 62 THEN 'big' ELSE 'small' END AS "c", SUM(CASE WHEN "is_refund" THEN 0.0 ELSE 1.0 END) AS "n" FROM receipts GROUP BY 1 ORDER BY 1;

-- DBeaver
SELECT x.* FROM public.receipts x WHERE x.total > 60 ORDER BY x.receipt_id LIMIT 200;
SELECT count(*) FROM (SELECT receipt_id, total FROM receipts) dbvrcnt;
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE datallowconn AND false;
SELECT n.nspname FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass WHERE nspname IN ('public', 'pg_catalog', 'information_schema') ORDER BY nspname;
SELECT c.relname,c.relkind,c.relhasindex,c.relpersistence,c.relnatts,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr, pg_catalog.pg_get_partkeydef(c.oid) as partition_key FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass WHERE c.relnamespace=(SELECT oid FROM pg_namespace WHERE nspname='public') AND c.relname = 'receipts' AND c.relkind not in ('i','I','c');
SELECT c.relname,a.attname,a.attnum,a.atttypid,a.atttypmod,a.attnotnull,a.atthasdef,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid) LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum) LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid) LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid WHERE NOT a.attisdropped AND c.relname='receipts' AND a.attnum > 0 ORDER BY a.attnum;
SELECT c.conname,c.contype,c.conkey,c.condeferrable,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description, case when c.contype='c' then "substring"(pg_get_constraintdef(c.oid), 7) else null end consrc_copy FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass WHERE t.relname='receipts' ORDER BY c.conname;
SELECT pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conname = 'receipts_pkey';
SELECT i.indisunique, i.indisprimary, i.indkey, c.relname,tc.relname as tabrelname,pg_catalog.pg_get_expr(i.indpred, i.indrelid) as pred_expr,pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expr FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid INNER JOIN pg_catalog.pg_class tc ON tc.oid=i.indrelid WHERE tc.relname='receipts' ORDER BY tc.relname, c.relname;
SELECT t.typname,t.typlen,t.typtype,t.typcategory,t.typarray,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name FROM pg_catalog.pg_type t WHERE t.oid IN (16,17,20,21,23,25,700,701,1043,1082,1114,1184,1186,1700,2950,3802) AND t.typname IS NOT NULL ORDER BY t.oid;
SELECT current_schema(), current_schemas(false);
SELECT current_database() = 'till', version() LIKE 'PostgreSQL 15%';
SHOW search_path;
SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = 'nobody' ORDER BY rolname;
SELECT p.oid,p.proname FROM pg_catalog.pg_proc p WHERE p.prokind = 'x';
SELECT x.oid FROM pg_catalog.pg_event_trigger x;
SELECT * FROM pg_catalog.pg_enum;
SELECT e.extname FROM pg_catalog.pg_extension e WHERE e.extname = 'postgis';

-- Power BI and Npgsql
SELECT "$Table"."receipt_id" AS "receipt_id", "$Table"."total" AS "total" FROM "public"."receipts" "$Table" ORDER BY 1 LIMIT 1000 OFFSET 0;
select "rows"."client_id" as "client_id", sum("rows"."total") as "a0" from ( select "_"."client_id", "_"."total" from "public"."receipts" "_" where "_"."business_day" >= date '2026-11-01' and "_"."business_day" < date '2026-12-01' ) "rows" group by "client_id" limit 1000001;
select "_"."client_id", cast(count(distinct("_"."receipt_id")) + max(case when "_"."receipt_id" is null then 1 else 0 end) as double precision) as "a0" from "public"."receipts" "_" group by "_"."client_id";
select TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE from INFORMATION_SCHEMA.tables where TABLE_SCHEMA not in ('information_schema', 'pg_catalog', 'till') and TABLE_NAME = 'receipts' order by TABLE_SCHEMA, TABLE_NAME;
select COLUMN_NAME, ORDINAL_POSITION, IS_NULLABLE, case when (data_type like '%unsigned%') then DATA_TYPE || ' unsigned' else DATA_TYPE end as DATA_TYPE from INFORMATION_SCHEMA.columns where TABLE_SCHEMA = 'public' and TABLE_NAME = 'receipts' order by TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION;
select i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME as INDEX_NAME, ii.COLUMN_NAME, ii.ORDINAL_POSITION, case when i.CONSTRAINT_TYPE = 'PRIMARY KEY' then 'Y' else 'N' end as PRIMARY_KEY from INFORMATION_SCHEMA.table_constraints i inner join INFORMATION_SCHEMA.key_column_usage ii on i.CONSTRAINT_SCHEMA = ii.CONSTRAINT_SCHEMA and i.CONSTRAINT_NAME = ii.CONSTRAINT_NAME and i.TABLE_SCHEMA = ii.TABLE_SCHEMA and i.TABLE_NAME = ii.TABLE_NAME where i.TABLE_SCHEMA = 'public' and i.TABLE_NAME = 'receipts' and i.CONSTRAINT_TYPE in ('PRIMARY KEY', 'UNIQUE') order by i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME, ii.TABLE_SCHEMA, ii.TABLE_NAME, ii.ORDINAL_POSITION;
select pkcol.COLUMN_NAME as PK_COLUMN_NAME, fkcol.TABLE_SCHEMA AS FK_TABLE_SCHEMA, fkcol.TABLE_NAME AS FK_TABLE_NAME from (select distinct constraint_catalog, constraint_schema, unique_constraint_schema, constraint_name, unique_constraint_name from INFORMATION_SCHEMA.referential_constraints) fkcon inner join INFORMATION_SCHEMA.key_column_usage fkcol on fkcon.CONSTRAINT_SCHEMA = fkcol.CONSTRAINT_SCHEMA and fkcon.CONSTRAINT_NAME = fkcol.CONSTRAINT_NAME inner join INFORMATION_SCHEMA.key_column_usage pkcol on fkcon.UNIQUE_CONSTRAINT_SCHEMA = pkcol.CONSTRAINT_SCHEMA and fkcon.UNIQUE_CONSTRAINT_NAME = pkcol.CONSTRAINT_NAME where pkcol.TABLE_SCHEMA = 'public' order by 1;
select character_set_name from INFORMATION_SCHEMA.character_sets;
SELECT ns.nspname, t.oid, t.typname, t.typtype, t.typnotnull, t.elemtypoid FROM (SELECT typ.oid, typ.typnamespace, typ.typname, typ.typtype, typ.typrelid, typ.typnotnull, typ.relkind, elemtyp.oid AS elemtypoid, elemtyp.typname AS elemtypname, elemcls.relkind AS elemrelkind, CASE WHEN elemproc.proname='array_recv' THEN 'a' ELSE elemtyp.typtype END AS elemtyptype FROM (SELECT typ.oid, typnamespace, typname, typrelid, typnotnull, relkind, typelem AS elemoid, CASE WHEN proc.proname='array_recv' THEN 'a' ELSE typ.typtype END AS typtype, CASE WHEN proc.proname='array_recv' THEN typ.typelem WHEN typ.typtype='r' THEN rngsubtype WHEN typ.typtype='m' THEN (SELECT rngtypid FROM pg_range WHERE rngmultitypid = typ.oid) WHEN typ.typtype='d' THEN typ.typbasetype END AS elemtypoid FROM pg_type AS typ LEFT JOIN pg_class AS cls ON (cls.oid = typ.typrelid) LEFT JOIN pg_proc AS proc ON proc.oid = typ.typreceive LEFT JOIN pg_range ON (pg_range.rngtypid = typ.oid)) AS typ LEFT JOIN pg_type AS elemtyp ON elemtyp.oid = elemtypoid LEFT JOIN pg_class AS elemcls ON (elemcls.oid = elemtyp.typrelid) LEFT JOIN pg_proc AS elemproc ON elemproc.oid = elemtyp.typreceive) AS t JOIN pg_namespace AS ns ON (ns.oid = typnamespace) WHERE t.typname IN ('int4', '_int4', 'numeric', 'jsonb', 'timestamptz', '_text') ORDER BY CASE WHEN typtype IN ('b', 'e', 'p') THEN 0 WHEN typtype = 'r' THEN 1 WHEN typtype = 'm' THEN 2 WHEN typtype = 'c' THEN 3 WHEN typtype = 'd' AND elemtyptype <> 'a' THEN 4 WHEN typtype = 'a' THEN 5 WHEN typtype = 'd' AND elemtyptype = 'a' THEN 6 END, t.oid;
SELECT typ.oid, att.attname, att.atttypid FROM pg_type AS typ JOIN pg_namespace AS ns ON (ns.oid = typ.typnamespace) JOIN pg_class AS cls ON (cls.oid = typ.typrelid) JOIN pg_attribute AS att ON (att.attrelid = typ.typrelid) WHERE (typ.typtype = 'c' AND cls.relkind='c') AND attnum > 0 AND NOT attisdropped ORDER BY typ.oid, att.attnum;

-- Tableau
SELECT "receipts"."client_id" AS "client_id", SUM("receipts"."total") AS "sum:total:ok" FROM "public"."receipts" "receipts" GROUP BY 1;
SELECT CAST(DATE_TRUNC( 'MONTH', CAST("receipts"."business_day" AS TIMESTAMP) ) AS DATE) AS "tmn:business_day:ok", SUM("receipts"."total") AS "sum:total:ok" FROM "public"."receipts" "receipts" GROUP BY 1;
SELECT CAST(EXTRACT(YEAR FROM "receipts"."business_day") AS INTEGER) AS "yr:business_day:ok", CAST(TRUNC(EXTRACT(QUARTER FROM "receipts"."business_day")) AS INTEGER) AS "qr", COUNT(1) AS "cnt" FROM "public"."receipts" "receipts" GROUP BY 1, 2 ORDER BY 1 ASC NULLS FIRST;
SELECT (CASE WHEN ((CASE WHEN 2 = 0 THEN NULL ELSE CAST("receipts"."total" AS DOUBLE PRECISION) / 2 END) > 31) THEN 'a' ELSE 'b' END) AS "Calculation_1", COUNT(DISTINCT "receipts"."receipt_id") AS "ctd" FROM "public"."receipts" "receipts" WHERE (("receipts"."business_day" >= (DATE '2026-11-01')) AND ("receipts"."business_day" <= (DATE '2026-11-30'))) GROUP BY 1 ORDER BY 1;
SELECT "Custom SQL Query"."a" AS "a" FROM ( SELECT total AS a FROM receipts ) "Custom SQL Query" ORDER BY 1 LIMIT 100;
SELECT 1 AS "Number of Records", "t0"."x" AS "x" FROM (SELECT MAX("total") AS "x", COUNT(1) AS "X_measure__0" FROM "public"."receipts" HAVING (COUNT(1) > 0)) "t0" WHERE (NOT ("t0"."x" IS NULL));
SELECT MIN("receipts"."business_day") AS "TEMP(a)", MAX("receipts"."business_day") AS "TEMP(b)", COUNT(1) AS "n" FROM "public"."receipts" "receipts" HAVING (COUNT(1) > 0);
BEGIN;DECLARE "SQL_CUR1" CURSOR WITH HOLD FOR SELECT receipt_id FROM receipts ORDER BY 1;FETCH 2 IN "SQL_CUR1";CLOSE "SQL_CUR1";COMMIT;
SELECT DATE_TRUNC('hour', "receipts"."issued_at") + INTERVAL '1 HOUR' * 2 AS h, ABS(-1.5) AS a, ROUND(CAST("receipts"."total" AS NUMERIC), 1) AS r, LEFT("receipts"."receipt_id", 2) AS l, STRPOS("receipts"."receipt_id", '-') AS p FROM receipts "receipts" ORDER BY 1;
SELECT "receipts"."receipt_id" FROM "public"."receipts" "receipts" INNER JOIN (SELECT "receipts"."receipt_id" AS "receipt_id", SUM("receipts"."total") AS "s" FROM "public"."receipts" "receipts" GROUP BY 1 ORDER BY 2 DESC NULLS LAST LIMIT 2) "t0" ON ("receipts"."receipt_id" = "t0"."receipt_id") ORDER BY 1;
SELECT rel.relname, con.conname, con.contype, pg_get_constraintdef(con.oid) FROM pg_catalog.pg_constraint con JOIN pg_catalog.pg_class rel ON rel.oid = con.conrelid WHERE rel.relname = 'receipts';
SELECT TO_CHAR("total", 'FM999G999D00') AS t, "total"::text AS u, CONCAT("receipt_id", '/', "total") AS v, "is_refund"::int AS i, "issued_at"::date::timestamp AS d FROM receipts ORDER BY 1;

-- Further ones, of settings, catalogs and calculations
SELECT * FROM (SELECT "receipt_id", "total", ROW_NUMBER() OVER (PARTITION BY "client_id" ORDER BY "total" DESC) AS rn FROM "public"."receipts") AS "t" WHERE rn <= 2 ORDER BY rn;
SELECT date_trunc('hour', issued_at, 'Europe/Kyiv') AS t, count(*) FROM receipts GROUP BY 1 ORDER BY 1;
SELECT (issued_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')::text FROM receipts ORDER BY issued_at LIMIT 1;
SELECT EXTRACT(EPOCH FROM issued_at) * 1000 AS ms FROM receipts ORDER BY 1 LIMIT 2;
SELECT COUNT(*) FILTER (WHERE total > 62) AS a, COUNT(DISTINCT client_id) AS b, BOOL_OR(is_refund) AS c FROM receipts;
SELECT string_agg(DISTINCT payment_type, ', ' ORDER BY payment_type) FROM receipts;
SELECT t.typname, n.nspname FROM pg_type t LEFT JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = 'timestamptz';
SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indrelid = 'public.receipts'::regclass AND i.indisprimary;
SELECT kcu.column_name, tc.constraint_type FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kcu USING (constraint_schema, constraint_name) WHERE tc.table_name = 'receipts';
SELECT obj_description('public.receipts'::regclass) IS NULL, col_description('public.receipts'::regclass, 1) IS NULL;
SELECT pg_catalog.pg_get_userbyid(c.relowner) IS NOT NULL, pg_catalog.pg_size_pretty(pg_catalog.pg_table_size(c.oid)) IS NOT NULL FROM pg_catalog.pg_class c WHERE c.relname = 'receipts';
SELECT c.oid::regclass::text, c.reltuples <= 0 OR true, c.relkind FROM pg_class c WHERE c.oid = 'receipts'::regclass;
SELECT has_table_privilege('receipts', 'SELECT'), has_schema_privilege('public', 'USAGE'), has_database_privilege('till', 'CONNECT'), has_column_privilege('receipts', 'total', 'SELECT');
SELECT current_setting('TimeZone'), current_setting('DateStyle'), current_setting('transaction_isolation'), current_setting('server_encoding'), current_setting('standard_conforming_strings'), current_setting('max_identifier_length');
SHOW transaction_isolation;
SHOW server_encoding;
SELECT set_config('search_path', 'public', false);
SELECT set_config('bytea_output', 'hex', false);
SET application_name = 'Metabase v0.50';
SHOW application_name;
SET extra_float_digits = 3;
SELECT 0.1::float8 + 0.2::float8, 1.1::real;
RESET extra_float_digits;
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
SET statement_timeout TO 60000;
SELECT NULL AS PROCEDURE_CAT, n.nspname AS PROCEDURE_SCHEM, p.proname AS PROCEDURE_NAME FROM pg_catalog.pg_namespace n, pg_catalog.pg_proc p WHERE p.pronamespace=n.oid AND p.proname = 'nosuch';
SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, c.relname AS TABLE_NAME, CASE n.nspname ~ '^pg_' OR n.nspname = 'information_schema' WHEN true THEN 'SYSTEM' ELSE CASE c.relkind WHEN 'r' THEN 'TABLE' ELSE NULL END END AS TABLE_TYPE FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass) WHERE c.relnamespace = n.oid AND c.relname LIKE 'receipts' ORDER BY 4, 2, 3;
SELECT "receipts"."total" BETWEEN 61 AND 63 AS b, "receipts"."receipt_id" IN ('R-1', 'R-2') AS i, "receipts"."customer_id" IS NOT DISTINCT FROM NULL AS n FROM receipts ORDER BY receipt_id;
SELECT GREATEST("total", 63), LEAST("total", 63), COALESCE(NULLIF("total", 61), 0), "total"::integer, "total"::varchar(4), MOD("total", 7) FROM receipts ORDER BY 4;
SELECT CAST("issued_at" AS TIMESTAMP), CAST("issued_at" AS TIME), CAST("business_day" AS TEXT), "business_day" + 7, "business_day" - DATE '2026-11-01', AGE(DATE '2026-12-25', "business_day") FROM receipts ORDER BY 1;
SELECT TO_DATE('2026-11-12', 'YYYY-MM-DD') = business_day, TO_CHAR(issued_at, 'Day, DD Mon YYYY HH12:MI AM TZ'), TO_CHAR(business_day, 'IYYY-"W"IW'), DATE_PART('doy', business_day) FROM receipts ORDER BY issued_at;
SELECT CASE EXTRACT(ISODOW FROM business_day) WHEN 6 THEN 'weekend' WHEN 7 THEN 'weekend' ELSE 'week' END AS k, SUM(total), AVG(total)::numeric(10,2) FROM receipts GROUP BY k ORDER BY k;
SELECT client_id, SUM(total) FROM receipts GROUP BY ROLLUP (client_id) ORDER BY 1 NULLS LAST;
SELECT GROUPING(client_id), COUNT(*) FROM receipts GROUP BY CUBE (client_id, currency) ORDER BY 1, 2;
SELECT "total" * 1.0 / SUM("total") OVER () > 0 AS s, NTILE(2) OVER (ORDER BY total), DENSE_RANK() OVER (ORDER BY total DESC), FIRST_VALUE(receipt_id) OVER (ORDER BY total), CUME_DIST() OVER (ORDER BY total) FROM receipts ORDER BY total;
SELECT total FROM receipts UNION ALL SELECT NULL ORDER BY 1 NULLS FIRST LIMIT 2;
SELECT total FROM receipts WHERE receipt_id ~* '^r-[12]$' OR receipt_id ILIKE 'r-3' ORDER BY 1;
WITH "base" AS (SELECT date_trunc('day', issued_at) AS d, total FROM receipts), "agg" AS (SELECT d, SUM(total) AS s FROM base GROUP BY d) SELECT d, s, SUM(s) OVER (ORDER BY d ROWS UNBOUNDED PRECEDING) AS running FROM agg ORDER BY d;
SELECT r.receipt_id, l.value ->> 'name' AS name, (l.value ->> 'price')::numeric FROM receipts r CROSS JOIN LATERAL jsonb_array_elements(r.lines) AS l(value) ORDER BY 1;
SELECT x.* FROM receipts r, jsonb_to_recordset(r.lines) AS x(code text, name text, price numeric) LIMIT 2;
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'timescaledb');
SELECT 1 AS "a", 2 AS "A", 'x' AS "b c", 3 AS "1";
SELECT DISTINCT ON (currency) currency, total FROM receipts ORDER BY currency, total DESC;
SELECT regexp_replace(receipt_id, '[^0-9]', '', 'g')::int AS n, split_part(receipt_id, '-', 2), initcap(lower(payment_type)), lpad(receipt_id, 6, '0'), md5(receipt_id), concat_ws('/', client_id, NULL, receipt_id) FROM receipts ORDER BY 1;
SELECT json_agg(json_build_object('id', receipt_id) ORDER BY receipt_id) FROM receipts;
SELECT row_to_json(t) FROM (SELECT receipt_id, is_refund FROM receipts ORDER BY 1 LIMIT 1) t;
SELECT array_agg(receipt_id ORDER BY receipt_id), (array_agg(receipt_id ORDER BY receipt_id))[1], cardinality(array_agg(receipt_id)) FROM receipts;
SELECT * FROM receipts WHERE 1 = 0;
SELECT c.conname FROM pg_constraint c WHERE c.conrelid = 'receipts'::regclass AND c.contype = 'p' AND c.conkey = ARRAY[(SELECT attnum FROM pg_attribute WHERE attrelid = c.conrelid AND attname = 'ticket_id')];
SELECT unnest(c.conkey) FROM pg_constraint c WHERE c.conrelid = 'receipts'::regclass;
SELECT t.tgname FROM pg_trigger t WHERE t.tgrelid = 'receipts'::regclass;
SELECT s.usename IS NOT NULL FROM pg_stat_activity s WHERE s.pid = pg_backend_pid();
SELECT d.datname, pg_encoding_to_char(d.encoding), d.datallowconn FROM pg_database d WHERE d.datname = 'till';
SELECT lanname FROM pg_language WHERE lanname = 'plpgsql' AND false;
SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ('public', 'information_schema') ORDER BY 1;
SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, datetime_precision, is_nullable, column_default, udt_name FROM information_schema.columns WHERE table_name = 'receipts' ORDER BY ordinal_position;
SELECT typname, format_type(oid, -1) FROM pg_type WHERE typname IN ('int8','float4','varchar','bpchar','timestamptz','jsonb','_int4') ORDER BY 1;
