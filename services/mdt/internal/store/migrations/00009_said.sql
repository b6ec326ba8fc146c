-- said_at: when coordination said what stands in contact; null where the organisation wrote it, or the practice said it.
alter table patient add column said_at timestamptz;
