-- Under which ref mdt said what a row says: of one ref it is heard in the order in which it was said, whatever the clocks of its copies show.
alter table case_person add column said_of uuid;
