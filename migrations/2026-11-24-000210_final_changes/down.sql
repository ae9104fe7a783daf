DROP TRIGGER adjudication_final ON adjudication;
DROP TRIGGER task_slots_final ON task_slots;
DROP FUNCTION final_changed();
DROP TABLE final_change;
