"""A Spark with Iceberg's runtime: the one that script/requirements-spark.txt installs, or, where TILL_SPARK_JARS names jars, separated by colons, theirs."""

import glob
import importlib.util
import os

from pyspark.sql import SparkSession


def runtime():
    """The jars, and the class that is a catalog."""
    jars = os.environ.get("TILL_SPARK_JARS")
    if jars:
        return jars, "org.apache.iceberg.spark.SparkCatalog"
    folder = os.path.dirname(importlib.util.find_spec("feature_store_pyspark").origin)
    (jar,) = glob.glob(folder + "/jars/*-3.5.jar")
    return jar, "smfs.shaded.org.apache.iceberg.spark.SparkCatalog"


def session(catalogs):
    """`catalogs`: of each name its settings, as they stand behind spark.sql.catalog.<name>."""
    jars, catalog = runtime()
    builder = (
        SparkSession.builder.master("local[1]").config("spark.jars", jars.replace(":", ",")).config("spark.driver.extraClassPath", jars)
        .config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC").config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1").config("spark.sql.shuffle.partitions", "1"))
    for name, settings in catalogs.items():
        builder = builder.config(f"spark.sql.catalog.{name}", catalog)
        for key, value in settings.items():
            builder = builder.config(f"spark.sql.catalog.{name}.{key}", value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark
